"""Orders that reserve suppliers' stock: taken whole or not at all, settled once, refused with a reason."""
