"""What is known of the world besides photos: place names and where they lie."""
