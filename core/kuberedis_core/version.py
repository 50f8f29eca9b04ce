"""The version of this release, for whatever names it while it runs. `make version` changes it here and in all files that have it."""

VERSION = "0.2.0"
