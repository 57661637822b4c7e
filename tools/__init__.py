"""What the model may call: a pure function each, with a thin LangChain tool on it."""
