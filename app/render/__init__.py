"""Rendering: answers, runs, maps and progress as text, SVG and HTML."""
