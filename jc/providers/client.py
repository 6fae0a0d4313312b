"""The one door to the network: `Client.complete(call)` gives a `Reply` for whatever the endpoint does, and never raises for it."""

from types import TracebackType
from typing import Self

from jc.providers.call import Call, Reply
from jc.providers.replay import Recorder, Replayer
from jc.providers.settings import ClientSettings, Ledger, Observer


class Client:
    """Calls endpoints within their limits, with one retry layer; use it as `async with Client(settings) as client`."""

    def __init__(
        self,
        settings: ClientSettings | None = None,
        *,
        ledger: Ledger | None = None,
        observer: Observer | None = None,
        recorder: Recorder | None = None,
        replayer: Replayer | None = None,
    ) -> None:
        self.settings = settings or ClientSettings()
        self.ledger = ledger
        self.observer = observer
        self.recorder = recorder
        self.replayer = replayer

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        return None

    async def complete(self, call: Call) -> Reply:
        """The reply to a call, after waiting, retrying and giving up as the settings say; never raises for an endpoint."""
        raise NotImplementedError

    def drain(self, reason: str) -> None:
        """Start nothing more: attempts in flight finish, calls that wait or come later answer at once with kind `stopped`."""
        raise NotImplementedError

    def stopped(self) -> dict[str, str]:
        """The endpoints (and `endpoint: model` pairs) given up so far, by name, with the reason."""
        raise NotImplementedError
