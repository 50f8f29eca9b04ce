"""What of a spec is told in the status, and where its instance is reached. Pure."""

from __future__ import annotations

from kuberedis_operator.routes import Route
from kuberedis_operator.settings import OperatorSettings
from kuberedis_operator.spec import Instance


def route_of(instance: Instance, settings: OperatorSettings) -> Route | None:
    """The host and path that an instance wants, or None if it wants no route."""
    ingress = instance.spec.raw.get("ingress", {})
    if not ingress.get("enabled", True):
        return None
    return Route(ingress.get("host") or settings.ingress_host, settings.path_template.format(name=instance.name, namespace=instance.namespace))


def url_of(instance: Instance, settings: OperatorSettings, address: str) -> str:
    """Where an instance is reached."""
    route = route_of(instance, settings)
    if route is None or not (route.host or address or settings.public_url):
        return ""
    return (settings.public_url or f"http://{route.host or address}") + route.path


def status_fields(instance: Instance, settings: OperatorSettings) -> dict[str, str]:
    """Members of the status that follow from the spec."""
    return {"version": instance.spec.raw.get("version", settings.default_version), "capacity": instance.spec.raw["capacity"]}
