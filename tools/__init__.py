"""Tools that the model can call: a pure function each, wrapped as a LangChain tool."""
