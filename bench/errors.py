"""The error that ends a run; its message is printed without a stack trace."""


class BenchError(Exception):
    """A tool is missing, a server does not start, or a response is not the expected one."""
