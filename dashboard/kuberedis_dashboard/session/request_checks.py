"""What a request has to prove before anything of it is looked at: that it is meant for this dashboard, and comes from its own pages.

- `Host` is one of the dashboard's own, or else a page of another site could reach it under a name of its own (DNS rebinding).
- An unsafe method comes with `Sec-Fetch-Site: same-origin` and with the dashboard's own `Origin`. Both: to a browser another port of
  127.0.0.1 is
  the same site, and another origin. Browsers send `Sec-Fetch-Site` since 2023 (https://www.w3.org/TR/fetch-metadata/).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def origin_of(host: str, origins: Collection[str]) -> str | None:
    """The origin of the dashboard that a `Host` field names; None if it names another server.

    Args:
        host: value of the field.
        origins: where browsers reach the dashboard, each as scheme, host and port.
    """
    return next((origin for origin in origins if origin.partition("://")[2] == host.lower()), None)


def cross_site_problem(method: str, headers: Mapping[str, str], origin: str) -> str | None:
    """Why a request is refused as one that another site has a browser send; None if it is not.

    Args:
        method: method of the request.
        headers: its fields, whose lookup does not depend on case.
        origin: the dashboard's origin that the request is for.
    """
    if method in SAFE_METHODS:
        return None
    site = headers.get("sec-fetch-site")
    if site is None:
        return "the request has no field Sec-Fetch-Site, which browsers send since 2023"
    if site != "same-origin":
        return "another site made the browser send the request"
    if headers.get("origin") != origin:
        return "the request has another Origin than the page that it is for"
    return None


def is_cross_site_navigation(method: str, headers: Mapping[str, str]) -> bool:
    """Whether somebody followed a link of another site: the browser then leaves out the cookie, because it is SameSite=Strict."""
    return method == "GET" and headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-site") in ("cross-site", "same-site")
