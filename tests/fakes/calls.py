"""Calls for tests: build some, complete them at once, and note what the ledger and the watcher were told."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from jc.providers.call import Call, Lane, Reply
from jc.providers.client import Client
from jc.providers.endpoint import Endpoint, Secret
from jc.providers.settings import ClientSettings, Ledger, Notice, Observer
from jc.quantities import Usage

KEY = "sk-test-0123456789abcdef"


def endpoint(url: str, label: str = "fake", *, rpm: int | None = None, tpm: int | None = None) -> Endpoint:
    """An endpoint with the test key."""
    return Endpoint(url, Secret(KEY), label, rpm, tpm)


def calls(where: Endpoint, number: int, *, model: str = "m", lane: Lane = "candidate", **body: Any) -> list[Call]:
    """Different calls, numbered in the prompt: `prompt 0;`, `prompt 1;`, …"""
    return [
        Call(where, {"model": model, "messages": [{"role": "user", "content": f"prompt {index};"}], **body}, lane)
        for index in range(number)
    ]


def complete(
    asked: Sequence[Call],
    settings: ClientSettings | None = None,
    *,
    ledger: Ledger | None = None,
    observer: Observer | None = None,
) -> list[Reply]:
    """The replies to all calls, started at once, in the order of the calls."""

    async def main() -> list[Reply]:
        async with Client(settings, ledger=ledger, observer=observer) as client:
            return list(await asyncio.gather(*map(client.complete, asked)))

    return asyncio.run(main())


@dataclass
class Watch:
    """Keeps every notice."""

    notices: list[Notice] = field(default_factory=list)

    def notice(self, notice: Notice) -> None:
        self.notices.append(notice)

    def events(self) -> list[str]:
        return [notice.event for notice in self.notices]


@dataclass
class Till:
    """A ledger that allows `most` attempts and keeps account of tickets."""

    most: int = 10**9
    opened: int = 0
    closed: list[tuple[Usage | None, bool]] = field(default_factory=list)

    def open(self, _call: Call) -> object | None:
        if self.opened >= self.most:
            return None
        self.opened += 1
        return self.opened

    def close(self, _ticket: object, usage: Usage | None, *, sent: bool) -> None:
        self.closed.append((usage, sent))


def kinds(replies: Iterable[Reply]) -> list[str]:
    """The status of each reply, or the kind of its failure."""
    return [reply.failure.kind if reply.failure else reply.status for reply in replies]
