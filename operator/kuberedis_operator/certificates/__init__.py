"""Certificates of the members of an instance: how they are made, what is checked, and when they are replaced. Pure but for random keys."""
