"""The JSON documents that Sextant writes, as types: a misspelt key is found by mypy, and schemas are made from them."""
