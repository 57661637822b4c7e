"""Encoders: pictures in, L2-normalised vectors out."""
