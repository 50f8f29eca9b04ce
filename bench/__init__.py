"""Side-by-side measurements of the gateway, its C peer webdis and bare Redis; run with `python -m bench`."""
