"""Feeds of stock and prices: rows in, a plan out, and the use cases around them."""
