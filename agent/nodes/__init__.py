"""The nodes of the graph, one file each: a pure function of the state and the dependencies (``Deps``)."""
