"""The gateway of one Redis instance: HTTP in, Redis commands out.

The packages are the stations of a request, in order: ``http`` reads it, ``auth`` checks its credential, ``api`` translates it into
commands, ``redis`` sends them; ``api`` turns the replies into a response, and ``http`` writes it. ``gateway`` connects the stations.
Each layer imports only those below it; ``.importlinter`` has the order.
"""
