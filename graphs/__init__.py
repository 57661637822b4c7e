"""Graphs assembled from nodes: geolocate, chat, replay."""
