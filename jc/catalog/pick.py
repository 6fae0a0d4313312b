"""What to pick for which job: the pick-by-job tables and the decision tree of `jobs.yaml`, asked by job, needs or questions.

Proposals come in the order of the documents: the branches of the tree whose question the needs answer with yes, then the jobs
that ask for nothing else, then every other offer by its cost key. The first one that meets every need wins; everything that was
passed over is told with the need that it does not meet. An unknown fact does not meet a need.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from jc.catalog.model import Catalog, Job, Offer
from jc.catalog.names import Names
from jc.catalog.price import blend, utc
from jc.errors import InputError

Needs = Mapping[str, Any]
_FLAGS = ("tools", "structured_output", "reasoning")
_BY_DOCUMENT = {"multilingual": "several languages", "code": "code"}


@dataclass(frozen=True, slots=True)
class Proposal:
    """An offer that meets every need, why it was proposed, and its cost key (USD per Mtok, None when unknown)."""

    offer: Offer
    why: str
    blend: Decimal | None


@dataclass(frozen=True, slots=True)
class Excluded:
    """A proposal, or an offer, that does not meet the needs, and the first reason."""

    id: str
    why: str
    proposed: bool
    """Whether a job or a branch of the tree names it."""


@dataclass(frozen=True, slots=True)
class Pick:
    """The outcome: proposals best first (none when nothing meets the needs), and what was passed over."""

    needs: Needs
    proposals: tuple[Proposal, ...]
    excluded: tuple[Excluded, ...]


def job(catalog: Catalog, name: str) -> Job:
    """The job with an id; InputError with a suggestion, or the list, when there is none."""
    found = next((one for one in catalog.jobs if one.id == name), None)
    if found is not None:
        return found
    import difflib

    known = [one.id for one in catalog.jobs]
    near = difflib.get_close_matches(name, known, 1, 0.6)
    hint = f"did you mean `{near[0]}`?" if near else f"jobs: {', '.join(known)}" if known else "the catalog has no `jobs.yaml`"
    raise InputError(f"no job `{name}`", hint=hint)


def pick_job(catalog: Catalog, wanted: Job, needs: Needs, at: datetime) -> Pick:
    """What the documents pick for a job, as far as it still can be had and meets the other needs."""
    return _pick(catalog, needs, at, [wanted], everyone=bool(needs or wanted.needs), more=wanted.needs)


def pick_branch(catalog: Catalog, branch: Job, at: datetime) -> Pick:
    """What a branch of the decision tree says."""
    return _pick(catalog, branch.needs, at, [branch], everyone=bool(branch.needs))


def pick_needs(catalog: Catalog, needs: Needs, at: datetime) -> Pick:
    """What meets the needs, in the order of the documents, then by the cost key."""
    named = [branch for branch in catalog.tree if branch.needs and all(_asked(needs, *need) for need in branch.needs.items())]
    named += [one for one in catalog.jobs if one.needs and all(_asked(needs, *need) for need in one.needs.items())]
    if not needs:
        named = [branch for branch in catalog.tree if not branch.question]
    return _pick(catalog, needs, at, named, everyone=bool(needs))


def _asked(needs: Needs, key: str, value: object) -> bool:
    """Whether the needs answer a branch's question with yes; a latency only when at least as short a one is asked for."""
    mine = needs.get(key)
    if not mine:
        return False
    if key == "max_latency":
        return Decimal(str(mine)) <= Decimal(str(value))
    return True if key == "long_context" else bool(mine == value)


def _pick(
    catalog: Catalog, needs: Needs, at: datetime, named: Sequence[Job], *, everyone: bool, more: Needs | None = None
) -> Pick:
    all_needs = {**(more or {}), **needs}
    on = utc(at).date()
    good: dict[str, Proposal] = {}
    bad: dict[str, Excluded] = {}
    judge = _Judge(catalog, all_needs)
    for offer, why, proposed in _proposals(catalog, named, at, everyone=everyone):
        if offer.id in good or offer.id in bad:
            continue
        objection = _gone(offer, on) or ("" if proposed and not all_needs else judge.unmet(offer))
        if objection:
            bad[offer.id] = Excluded(offer.id, objection, proposed)
        else:
            good[offer.id] = Proposal(offer, why, blend(offer, at, catalog.settings.output_weight))
    return Pick(all_needs, tuple(good.values()), tuple(bad.values()))


def _proposals(catalog: Catalog, named: Sequence[Job], at: datetime, *, everyone: bool) -> Iterator[tuple[Offer, str, bool]]:
    names = Names(catalog)
    for one in named:
        for model in one.models:
            for offer in names.matches(model):
                yield offer, _why(one), True
    if not everyone:
        return
    weight = catalog.settings.output_weight
    keyed = [(blend(offer, at, weight), offer) for offer in catalog.offers.values() if offer.kind not in {"demo", "local"}]
    for usd, offer in sorted(keyed, key=lambda pair: (pair[0] is None, pair[0] or Decimal(0), pair[1].id)):
        yield offer, "meets the needs" if usd is not None else "meets the needs; its price is not known", False


def _why(one: Job) -> str:
    head = one.title or (one.question or "").rstrip("?")
    return ": ".join(part for part in (head, one.why) if part) or "the default of the decision tree"


def _gone(offer: Offer, on: date) -> str:
    removal, released = offer.lifecycle.removal, offer.lifecycle.released
    if removal is not None and removal <= on:
        heir = f"; its replacement is {offer.lifecycle.replacement}" if offer.lifecycle.replacement else ""
        return f"was removed on {removal}{heir}"
    return f"is released on {released}" if released is not None and released > on else ""


class _Judge:
    """Which need an offer does not meet; what only the documents can say is looked up once."""

    def __init__(self, catalog: Catalog, needs: Needs) -> None:
        self.needs = needs
        names = Names(catalog)
        self.picked = {
            need: {
                offer.id
                for one in (*catalog.jobs, *catalog.tree)
                if one.needs.get(need)
                for model in one.models
                for offer in names.matches(model)
            }
            for need in _BY_DOCUMENT
            if needs.get(need)
        }

    def unmet(self, offer: Offer) -> str:
        """The first need that an offer does not meet, in words; empty when it meets them all."""
        needs = self.needs
        wanted = needs.get("output") or "text"
        if wanted not in offer.output:
            return f"gives {' and '.join(offer.output)}, not {wanted}"
        if needs.get("vision") and not offer.vision:
            return "takes no images"
        for flag in _FLAGS:
            if needs.get(flag) and getattr(offer, flag) is not True:
                known = getattr(offer, flag) is False
                return f"{'has no' if known else 'is not known to have'} {flag.replace('_', ' ')}"
        return _small(offer, needs) or _slow(offer, needs) or self._unnamed(offer)

    def _unnamed(self, offer: Offer) -> str:
        """Needs that are no fact of an offer are met by those that the documents pick for them."""
        missed = next((need for need, ids in self.picked.items() if offer.id not in ids), None)
        return f"is picked by no job for {_BY_DOCUMENT[missed]}" if missed else ""


def _small(offer: Offer, needs: Needs) -> str:
    tokens = needs.get("long_context")
    if not tokens:
        return ""
    if offer.context is None:
        return "has an unknown context"
    return f"holds {offer.context:,} tokens of context, not {tokens:,}" if offer.context < tokens else ""


def _slow(offer: Offer, needs: Needs) -> str:
    most = needs.get("max_latency")
    if not most:
        return ""
    first = offer.speed.ttft_s if offer.speed else None
    if first is None:
        return "has an unknown time to the first token"
    return f"takes {first:f} s to the first token, not {most} s" if first > Decimal(str(most)) else ""
