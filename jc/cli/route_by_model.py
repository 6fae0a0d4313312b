"""A small model as the classifier of `jc route`: asked over the network, the local class when it cannot be had."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from jc.cli.output import Out

if TYPE_CHECKING:
    from jc.catalog.model import Catalog, RouteTable
    from jc.routing.reach import Gateway
    from jc.routing.request import Request


class Reachable(Protocol):
    """What of a call's setup says how to reach a model."""

    out: Out
    catalog: "Catalog"
    base_url: Any
    timeout: Any


def gateway_of(setup: Reachable) -> "Gateway":
    """The gateway of the command line, when one is named."""
    from jc.routing.reach import Gateway

    return Gateway(setup.base_url, setup.out.config.get("api_key_env"))


def once(setup: Reachable) -> Any:
    """A client that tries once: the chain of models is the retry."""
    from jc.routing.send import ONE_ATTEMPT

    return replace(ONE_ATTEMPT, timeout_s=setup.timeout)


def classified_by_model(
    setup: Reachable, table: "RouteTable", request: "Request", incoming: Mapping[str, Any]
) -> "tuple[Request, str]":
    """The request with the class that a small model told, and what to say of it; the local class when it cannot be had."""
    from jc.catalog.names import resolve
    from jc.routing.incoming import ask_text
    from jc.routing.llm_classify import ask_class, classification
    from jc.routing.reach import reach
    from jc.routing.request import Request as Profile

    offer = resolve(setup.catalog, table.classifier)
    found = reach(offer, setup.catalog, gateway_of(setup), setup.out.config.environment)
    local = f"the local classifier's {request.route_class} counts"
    if found.endpoint is None:
        return request, f"`{offer.id}` cannot classify, {found.why}: {local}"
    body = classification(ask_text(incoming), found.wire_id, table.classes or None)

    async def ask() -> Any:
        from contextlib import AsyncExitStack

        from jc.providers.client import Client
        from jc.routing.send import running

        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(Client(once(setup)))
            assert found.endpoint is not None
            return await ask_class(client, await running(found.endpoint, stack), body, table.classes or None)

    told = asyncio.run(ask())
    if told.route_class is None:
        return request, f"`{offer.id}` gave no class, {told.why}: {local}"
    by_model: Profile = replace(request, route_class=told.route_class, confidence=None, abstained=False)
    return by_model, f"`{offer.id}` says {told.route_class}"
