"""The commands for an instance wherever it is: in local mode or in a cluster."""
