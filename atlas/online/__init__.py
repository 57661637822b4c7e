"""Clients of open services that hold maps, sights, pictures and the web; all off unless a user names them."""
