"""Write what comes out of a library: tables, maps and a page, from its lines."""
