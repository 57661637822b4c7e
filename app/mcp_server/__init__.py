"""`sextant mcp`: Sextant's tools for other programs, by the Model Context Protocol."""
