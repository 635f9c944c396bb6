"""What is read: importing it registers the resolvers."""

from app.local.shopify_sim.reading import files, identity, metafields, products, shop, stock, variants

__all__ = ["files", "identity", "metafields", "products", "shop", "stock", "variants"]
