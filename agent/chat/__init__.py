"""Chat: classify messages, reply from the record or the model, steer (rerank), locate several photos jointly."""
