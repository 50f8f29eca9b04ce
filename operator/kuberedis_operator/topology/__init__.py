"""What an instance consists of, computed from its spec, the operator's settings and what was observed. Pure."""
