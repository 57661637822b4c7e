"""The chat as a web page, over HTTP."""
