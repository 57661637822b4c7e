"""Benchmarks of placing whole libraries."""
