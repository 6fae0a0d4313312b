"""The embedded endpoint: a small real HTTP server on loopback with recorded and rule-made answers, labelled as demo data."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from jc.providers.endpoint import Endpoint

DEMO_MODELS = ("demo/strong", "demo/solid", "demo/hasty")
DEMO_JUDGE = "demo/judge"


@asynccontextmanager
async def demo_server() -> AsyncIterator[Endpoint]:
    """Serve the demo models on an ephemeral port of loopback for the time of the block; yields the endpoint to call."""
    raise NotImplementedError
    yield Endpoint("")
