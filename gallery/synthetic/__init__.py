"""The built-in demo world: street scenes drawn from facts about real places."""
