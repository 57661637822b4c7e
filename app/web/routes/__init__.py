"""HTTP routes: one file a subject; each makes a router of the session service."""
