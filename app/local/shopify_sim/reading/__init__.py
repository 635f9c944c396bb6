"""What is read: importing it registers the resolvers."""

from app.local.shopify_sim.reading import files, metafields, products, shop, stock, variants

__all__ = ["files", "metafields", "products", "shop", "stock", "variants"]
