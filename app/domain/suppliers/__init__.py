"""Suppliers: where their stock is read, what it becomes, and how far it is to be trusted."""
