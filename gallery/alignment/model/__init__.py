"""The aligned model: backbone, location encoder, projection, weights, encoder."""
