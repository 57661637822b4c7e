"""Open photos safely; read EXIF; hash pictures."""
