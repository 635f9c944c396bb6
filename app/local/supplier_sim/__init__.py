"""Suppliers that are made up: several formats, ways in and pages, and whatever may go wrong, on request."""
