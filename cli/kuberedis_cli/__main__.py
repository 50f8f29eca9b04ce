"""`python -m kuberedis_cli` is the `kuberedis` command."""

from kuberedis_cli.main import main

if __name__ == "__main__":
    main()
