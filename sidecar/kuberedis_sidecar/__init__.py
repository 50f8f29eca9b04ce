"""The gateway of one Redis instance: HTTP in, Redis commands out.

A request's way is one line, and the modules are its stations: ``protocol`` (HTTP in), ``credentials``, ``translation``, ``link`` (Redis),
``translation``, ``protocol`` (HTTP out).
"""

VERSION = "0.1.0"
