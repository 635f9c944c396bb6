"""The one-click write of a tenant's catalog into its Shopify shop."""
