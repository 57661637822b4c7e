"""The backend of a run, behind one port: photo, gallery, model, tools, clock; cancellation."""
