"""Who sent a request: by the credential of an authenticating proxy, or by the cookie of a session."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sanic import HTTPResponse, Request

from kuberedis_dashboard.kube.client import User
from kuberedis_dashboard.kube.credential import always, passed_through
from kuberedis_dashboard.session.sessions import LONGEST_SECONDS, Session, Sessions
from kuberedis_dashboard.sources.source import Source, Sources


@dataclass(frozen=True, slots=True)
class Identity:
    """Who sent a request.

    Args:
        user: name and groups; without a name in requests that an open page sends by itself.
        source: the instances that this user may see.
        session: the session, unless a proxy in front sends the credential.
    """

    user: User
    source: Source
    session: Session | None


class Identification:
    """Finds out who sent a request.

    Args:
        sources: what each user may see.
        sessions: the sessions of this process.
        cookie: name of the cookie with the id of a session.
        behind_proxy: whether a credential that a proxy puts into a request counts. Only where somebody judges it, as an API server does.
    """

    def __init__(self, sources: Sources, sessions: Sessions, cookie: str, *, behind_proxy: bool) -> None:
        self._sources = sources
        self.sessions = sessions
        self._cookie = cookie
        self._behind_proxy = behind_proxy

    async def identify(self, request: Request[Any, Any], *, background: bool) -> Identity | None:
        """Who sent a request; None if nobody is signed in.

        Without a credential nothing is asked of the API server, to which such a request would come from `system:anonymous`.

        Args:
            request: the request.
            background: an open page sent it by itself.

        Raises:
            DashboardError: the API server does not accept the credential that a proxy sent, or does not answer.
        """
        credential = passed_through(request.headers.items()) if self._behind_proxy else None
        if credential is not None:
            source = self._sources(always(credential))
            return Identity(User("", ()) if background else await source.whoami(), source, None)
        session = self.sessions.find(self._identity(request), in_use=not background)
        return Identity(session.user, self._sources(session.credential), session) if session is not None else None

    def remember(self, response: HTTPResponse, identity: str) -> None:
        """Have the browser send the id of a session with each request, and no script read it."""
        response.add_cookie(self._cookie, identity, max_age=LONGEST_SECONDS, path="/", secure=True, httponly=True, samesite="Strict")

    def has_cookie(self, request: Request[Any, Any]) -> bool:
        """Whether a request has the cookie of a session, which may be over."""
        return bool(self._identity(request))

    def end(self, request: Request[Any, Any]) -> None:
        """End the session of a request, if it has one."""
        self.sessions.end(self._identity(request))

    def forget(self, request: Request[Any, Any], response: HTTPResponse) -> None:
        """End the session of a request, and have the browser forget its id."""
        self.end(request)
        response.add_cookie(self._cookie, "", max_age=0, path="/", secure=True, httponly=True, samesite="Strict")

    def _identity(self, request: Request[Any, Any]) -> str:
        return request.cookies.get(self._cookie) or ""


def cookie_name(origins: Collection[str]) -> str:
    """Name of the cookie. It has the port of a dashboard on loopback: cookies of 127.0.0.1 are sent to all its ports.

    Args:
        origins: where browsers reach the dashboard.
    """
    ports = {origin.rpartition(":")[2] for origin in origins if origin.count(":") > 1}
    return "-".join(("__Host-kuberedis", *sorted(ports)))
