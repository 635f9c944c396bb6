"""Purchase orders: what runs low is gathered into drafts, approved, sent, received."""
