"""Benchmarks: the gateway beside webdis and bare Redis (`python -m bench`), and the operator (`python -m bench.cluster`)."""
