"""The custom resource: its kind, the names of its children, and the reader that turns a manifest into a checked spec."""
