"""Sources of a gallery's photos: each streams records in an order that never changes."""
