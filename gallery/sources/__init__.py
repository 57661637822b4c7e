"""Where a gallery's photos come from: each source streams records, in an order that never changes."""
