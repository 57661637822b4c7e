"""Spread a batch over several workers: processes of this machine, or a Ray cluster."""
