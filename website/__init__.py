"""Makes the site of the documentation."""
