"""What every response has in common: fields, assets, templates, error pages, streams."""
