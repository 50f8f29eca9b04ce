"""`python -m kuberedis_cli` is the `kuberedis` command."""

from kuberedis_cli.entry import kuberedis

if __name__ == "__main__":
    kuberedis()
