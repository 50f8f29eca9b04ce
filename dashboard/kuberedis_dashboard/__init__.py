"""The dashboard: pages on which people see their instances and steer them.

It has no rights of its own. Each read and write carries the credential of the user who asked for it, and the API server decides. The
packages are the stations of a request: ``app`` checks where it comes from and who sent it, ``pages`` has a module for each page, ``http``
and ``session`` are what pages stand on, ``live`` keeps an open page up to date, ``kube`` and ``gateway`` ask the API server and the
sidecars, and ``views`` turn what they answer into what a template prints.
"""
