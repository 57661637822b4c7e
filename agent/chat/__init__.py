"""Chat: intents, replies, steering and several photos at once."""
