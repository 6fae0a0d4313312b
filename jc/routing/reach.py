"""Where a model is called: the gateway that was named, its provider's address in the catalog, or the embedded demo server."""

from collections.abc import Mapping
from typing import NamedTuple

from jc.catalog.model import Catalog, Offer
from jc.providers.endpoint import Endpoint, Secret

DEMO = Endpoint(url="http://demo.invalid", label="demo", alias="demo")
"""Stands for the embedded server until it runs."""


class Gateway(NamedTuple):
    """One server for everything (`--base-url`), with the key in the variable `key_env`."""

    base_url: str | None
    key_env: str = "JC_API_KEY"


class Reached(NamedTuple):
    """An endpoint and the name of the model there; `why` says why there is none."""

    endpoint: Endpoint | None
    wire_id: str = ""
    why: str = ""


def reach(offer: Offer, catalog: Catalog, gateway: Gateway, environment: Mapping[str, str]) -> Reached:
    """How to call an offer. A gateway is called with the offer's id, a provider with its own name for the model."""
    if gateway.base_url:
        return Reached(Endpoint(gateway.base_url, _secret(environment, gateway.key_env), label=gateway.base_url), offer.id)
    provider = catalog.providers[offer.provider]
    if provider.kind == "demo":
        return Reached(DEMO, offer.wire_id)
    if provider.api is None or not provider.api.base_url:
        return Reached(None, why=f"the catalog has no address for provider `{provider.id}`")
    key = _secret(environment, provider.api.key_env) if provider.api.key_env else None
    if provider.api.key_env and key is None:
        return Reached(None, why=f"no key: `{provider.api.key_env}` is not set")
    return Reached(Endpoint(provider.api.base_url, key, label=provider.id), offer.wire_id)


def _secret(environment: Mapping[str, str], name: str) -> Secret | None:
    value = environment.get(name)
    return Secret(value) if value else None
