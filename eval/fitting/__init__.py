"""Fit verification from recorded candidates, cross-fitted by photographer."""
