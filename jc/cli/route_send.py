"""`jc route --send`: the request goes out, the answer streams to stdout, one audit line ends the story."""

import asyncio
import json
import math
import os
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jc.cli.route_by_model import gateway_of, once
from jc.cli.route_setup import Decided, Setup, terminal_width
from jc.errors import AnswerIsNo, InputError, IoFailure, JcError, StoppedEarly
from jc.sanitise import plain

if TYPE_CHECKING:
    from jc.routing.request import Decision
    from jc.routing.send import Sent


def send_one(setup: Setup, incoming: Mapping[str, Any], log: Path | None, *, explain: bool) -> None:
    """Decide, send along the chain, tell; exit 3 when nobody answered."""
    from jc.files import check_writable
    from jc.report.decision import decision_document
    from jc.routing.cool_down import health_path
    from jc.routing.send import Sender, body_of, log_row

    out = setup.out
    if log is not None:
        check_writable(log)
    decided = setup.decide(dict(incoming))
    decision = decided.decision
    if decision.offer is None:
        raise _unsendable(setup, decision)
    if explain:
        out.say(str(decision_document(decision, explain=True, width=terminal_width()).text))
    chain = [decision.offer, *(setup.catalog.offers[name] for name in decision.fallbacks)]
    started_at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    sender = Sender(
        setup.catalog, gateway_of(setup), out.config.environment, health_path(out.config.environment), _show, once(setup)
    )
    sent = asyncio.run(sender.send(body_of(incoming, setup.flags.max_output_tokens), chain))
    usd = _usd(sent)
    if sent.reply is not None and (sent.offer is not None or sent.ttft_s is not None):
        sys.stdout.write("\n" if sent.ttft_s is not None else f"{plain(sent.reply.tool_calls or '')}\n")
        sys.stdout.flush()
    out.say(_audit(decided, sent, usd))
    if log is not None:
        _append(log, log_row(decided.request, decision, sent, usd, started_at))
    if sent.offer is None:
        _nobody(sent)


def _unsendable(setup: Setup, decision: "Decision") -> JcError:
    """Why nothing is sent: everybody is cooling down, which passes, or nobody may answer, which does not."""
    from jc.routing.cool_down import health_path, soonest

    back_s = soonest(health_path(setup.out.config.environment), time.time(), str(setup.base_url or ""))
    cooling = [f"`{one.model}` {one.why}" for one in decision.excluded if one.why.startswith("is out of service")]
    if cooling and back_s is not None:
        return StoppedEarly("; ".join(cooling), hint=f"the first may be asked again in {math.ceil(back_s)} s")
    why = decision.reasons[-1].why if decision.reasons else decision.refused
    return AnswerIsNo(f"no model may answer: {why}", hint="see every step with `--explain`, without --send")


def _show(text: str) -> None:
    sys.stdout.write(plain(text))
    sys.stdout.flush()


def _usd(sent: "Sent") -> Decimal | None:
    """What the call cost by the tokens that the server told; None when it told none, or a rate is unknown."""
    from jc.catalog.price import Unpriced, price

    if sent.offer is None or sent.reply is None or sent.reply.usage is None:
        return None
    try:
        return price(sent.offer, sent.reply.usage, datetime.now(UTC)).usd
    except Unpriced:
        return None


def _audit(decided: Decided, sent: "Sent", usd: Decimal | None) -> str:
    """From → to, class, attempts, time to first token, latency, tokens, USD and joules, in one line."""
    from jc.report.numbers import joules, seconds, usd_request

    decision = decided.decision
    sure = f" ({decision.confidence:.2f})" if decision.confidence is not None else ""
    asked = decision.requested or "auto"
    failed = "".join(f"; {one.model}: {one.why}" for one in sent.tried)
    attempts = len(sent.tried) + (sent.offer is not None)
    answered = sent.offer.id if sent.offer else "nobody"
    parts = [f"{asked} → {answered}, {decision.route_class}{sure}, {attempts} attempt{'s' * (attempts != 1)}"]
    if sent.ttft_s is not None:
        parts.append(f"first token {seconds(sent.ttft_s)}")
    parts.append(seconds(sent.latency_s))
    usage = sent.reply.usage if sent.reply else None
    if usage is not None:
        parts.append(f"{usage.input_tokens:,} + {usage.output_tokens:,} tokens")
    if sent.offer is not None:
        parts.append(usd_request(usd) if usd is not None else "price unknown")
    told = sent.reply.energy_j if sent.reply else None
    estimate = decision.estimate.joules if sent.offer is decision.offer else None
    if told is not None or estimate is not None:
        parts.append(joules(told) if told is not None else f"about {joules(estimate)}")
    return ", ".join(parts) + failed


def _nobody(sent: "Sent") -> None:
    failure = sent.failure
    if failure is None:  # no model of the chain could even be called
        listed = "; ".join(f"`{one.model}`: {one.why}" for one in sent.tried)
        raise InputError(f"no model of the chain can be called: {listed}", hint="set a key, or give --base-url")
    if failure.kind == "bad_request":
        raise InputError(f"the server refused the request: {failure.message}", hint="another model would refuse it too")
    if sent.ttft_s is not None:
        said = f"the answer broke off: {failure.message}"
        raise StoppedEarly(said, hint="nothing is started over once a token was shown; send it again")
    raise StoppedEarly(f"no model of the chain answered; the last said: {failure.message}", hint="try again in a while")


def _append(path: Path, row: Mapping[str, Any]) -> None:
    """One line in one write, so that several processes can share a log."""
    line = (json.dumps(row, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")
    try:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            if os.write(handle, line) != len(line):
                raise IoFailure(f"cannot write `{path}`: the disk took only a part of the line", hint="free some space")
        finally:
            os.close(handle)
    except OSError as error:
        raise IoFailure(f"cannot write `{path}`: {error.strerror}", hint="name another `--log`") from error
