"""What the operator, the sidecar and the command line have to agree on. Imports no framework."""
