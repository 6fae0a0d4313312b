"""Ask for a call: from the journal when it is there, else from the endpoint, and then it is in the journal."""

import hashlib
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from jc.evals.journal import Journal
from jc.evals.purse import Purse
from jc.providers.call import Call, Failure, Reply, call_key
from jc.providers.client import Client
from jc.providers.replay import Recorder

NOT_RUN = Reply("error", failure=Failure("not_recorded", "not run", retryable=True))
# Replies that say nothing about the call itself: it was not sent.
_NOT_SENT = frozenset({"stopped", "budget", "not_recorded"})
_PAID = re.compile(rb'"(?:cost_usd|lost_usd)":"([^"]+)"')
_COPIED = b'"copied":true'


class Asked(NamedTuple):
    """What came of a call: its reply, its number in the journal, its cost in USD when known, and whether the journal had it."""

    reply: Reply
    record: int | None
    cost_usd: Decimal | None
    known: bool


@dataclass(slots=True)
class Asker:
    """The journal in front of the client; without a client only what was finished is known."""

    journal: Journal
    purse: Purse
    client: Client | None = None
    recorder: Recorder | None = None
    generate: bool = True
    """False asks no candidate: what the journal does not hold stays missing."""

    def known(self, call: Call, repeat: int = 0) -> Asked | None:
        """The finished call from the journal; None when it has to be made (failed calls are made again)."""
        asked = self.read(self.journal.find(repeat_key(call, repeat)))
        if asked is None or asked.reply.status == "error":
            return None
        if self.recorder is not None:
            self.recorder.record(call, asked.reply)
        return asked

    def read(self, record: int | None) -> Asked | None:
        """What the journal holds under a number, failed or not; None when there is no record."""
        return None if record is None else _asked(self.journal.read(record), record)

    def give(self, call: Call, text: str, repeat: int = 0) -> None:
        """Put an answer that exists already into the journal, as if its candidate had been asked; it costs nothing here."""
        if self.known(call, repeat) is None:
            reply = Reply("ok", text=text, finish_reason="given")
            record = {"lane": call.lane, "who": "given", "reply": reply.to_json(), "copied": True}
            self.journal.append(repeat_key(call, repeat), record)

    async def ask(self, call: Call, who: str, repeat: int = 0) -> Asked:
        """Make the call and keep what came of it; waits while money that others reserved may come free."""
        key = repeat_key(call, repeat)
        if self.client is None or (call.lane == "candidate" and not self.generate):
            return self.read(self.journal.find(key)) or Asked(NOT_RUN, None, None, known=False)
        reply = await self.client.complete(call)
        while reply.failure is not None and reply.failure.kind == "budget" and await self.purse.room():
            reply = await self.client.complete(call)
        cost, lost = self.purse.cost(call, reply.usage), self.purse.lost(call)
        if self.purse.cap is None and cost is not None:
            self.purse.spent += cost
        if reply.failure is None or reply.failure.kind not in _NOT_SENT:
            number: int | None = self.journal.append(key, _record(call, who, reply, cost, lost))
        else:
            number = self.journal.find(key)
        return Asked(reply, number, cost, known=False)


def _record(call: Call, who: str, reply: Reply, cost: Decimal | None, lost: Decimal) -> dict[str, Any]:
    record: dict[str, Any] = {"lane": call.lane, "who": who, "reply": reply.to_json()}
    if cost is not None:
        record["cost_usd"] = str(cost)
    if lost:
        record["lost_usd"] = str(lost)
    return record


def _asked(record: dict[str, Any], number: int) -> Asked:
    cost = record.get("cost_usd")
    return Asked(Reply.from_json(record["reply"]), number, None if cost is None else Decimal(cost), known=True)


def repeat_key(call: Call, repeat: int) -> str:
    """The key of the n-th asking of the same request: the plain key, or its hash with the number."""
    key = call_key(call)
    return key if not repeat else hashlib.sha256(f"{key}#{repeat}".encode("ascii")).hexdigest()


def spent_usd(journal: Journal) -> Decimal:
    """What the calls of a journal have cost, or may have cost, in USD; answers copied from another run were paid for there.

    A failed call that was made again was paid for too. The fields are looked for in the bytes, because twelve thousand records
    take a tenth of a second to parse: inside a text of JSON their quotes would be escaped.
    """
    total = Decimal(0)
    for line in journal.lines():
        if _COPIED not in line:
            total += sum((Decimal(found.decode("ascii")) for found in _PAID.findall(line)), Decimal(0))
    return total
