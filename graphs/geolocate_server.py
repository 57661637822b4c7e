"""The graph of one photo as ``langgraph.json`` and ``sextant.graph`` have it: without a checkpointer.

A LangGraph server brings its own. Commands compile a graph of their own, and need not wait for this one.
"""

from sextant.graphs.geolocate import build_graph

graph = build_graph().compile(name="geolocate")
