"""The names of tools that need a gallery, a map or a service."""

RETRIEVAL = ("nearest_photos", "farthest_photos")
MAP_TOOLS = ("map_search", "map_around", "sights_near")
PICTURE_TOOL, WEB_TOOL = "pictures_near", "web_search"
MCP_PREFIX = "mcp_"
