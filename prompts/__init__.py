"""Prompt variants and presets as versioned data files, and their loaders."""
