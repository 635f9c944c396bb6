"""When each surface last ran: what a customer looks at when the POS goes silent."""
