"""The bars, one module each: what it measures and what figures it asks for."""
