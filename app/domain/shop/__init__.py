"""A tenant's Shopify shop: the connection to it, and what the shop tells by itself."""
