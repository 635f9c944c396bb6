"""Shopify's Admin API: the only room that knows GraphQL."""
