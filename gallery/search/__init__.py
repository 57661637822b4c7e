"""Search: nearest and farthest photos, filters, indexes, measured recall."""
