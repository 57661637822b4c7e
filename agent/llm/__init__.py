"""Language models: the client, its requests, replies, errors, retries and providers."""
