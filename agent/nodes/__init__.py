"""The nodes of the graph, one file each: a pure function of state and equipment."""
