"""What a shop's visitors see: parts and their stock, read far more often than they change."""
