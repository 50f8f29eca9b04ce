"""The bars, one module each: what it measures, and the figures that it requires."""
