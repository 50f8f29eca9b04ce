"""The status of an instance and the Events about it, computed from what was observed. Pure."""
