"""Why a run cannot go on; the message is all that its reader gets."""


class BenchError(Exception):
    """A tool is missing, a server does not start, or what was measured is not what was meant to be."""
