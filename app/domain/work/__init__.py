"""Durable work: what must be done is a row, and a message is only a doorbell to it."""
