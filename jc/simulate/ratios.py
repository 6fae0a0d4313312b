"""Other models say more or less: how many tokens a model would have used where another one answered.

Output tokens scale by verbosity (measured by `jc evals` per class, else the catalog's default), prompts by tokenizer where both
are known. What is not known scales by one, and is said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from jc.catalog.model import Catalog, Model, Offer

Ints = NDArray[np.int64]


@dataclass(slots=True)
class Ratios:
    """Token ratios against what the log's own models used, for the groups of one book."""

    catalog: Catalog
    logged: Sequence[Offer | None]
    classes: Sequence[str]
    tokenizers: Mapping[str, Decimal] = field(default_factory=dict)
    """Tokens per token of a common text, by model id; empty: prompts keep their size."""
    _made: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    _sets: dict[str | None, list[Mapping[str, Decimal]]] | None = None
    measured: dict[tuple[str, str], bool] = field(default_factory=dict)
    """Pairs of models that were compared, and whether their verbosity is known."""

    def factors(self, offer: Offer) -> NDArray[np.float64]:
        """The factor on output tokens of every group if this offer answered it."""
        if offer.id not in self._made:
            found: dict[tuple[str, str], float] = {}
            made = np.ones(len(self.logged))
            for group, (before, route_class) in enumerate(zip(self.logged, self.classes, strict=True)):
                if before is not None and before.model != offer.model:
                    pair = (before.id, route_class)
                    if pair not in found:
                        found[pair] = self._factor(before, offer, route_class)
                    made[group] = found[pair]
            self._made[offer.id] = made
        return self._made[offer.id]

    def _factor(self, before: Offer, after: Offer, route_class: str) -> float:
        seen = self._observed(before, after, route_class)
        if seen is not None:
            self.measured[before.model, after.model] = True
            return seen
        old = verbosity(self.catalog.models.get(before.model), route_class)
        new = verbosity(self.catalog.models.get(after.model), route_class)
        known = old is not None and new is not None and old > 0
        self.measured[before.model, after.model] = known
        return float(new / old) if known and old is not None and new is not None else 1.0

    def _observed(self, before: Offer, after: Offer, route_class: str) -> float | None:
        """How many tokens one model used for each of the other's on the same prompts: the newest own eval that saw both."""
        for wanted in (route_class, None):
            for answers in self._tokens().get(wanted, ()):
                old = answers.get(before.id, answers.get(before.model))
                new = answers.get(after.id, answers.get(after.model))
                if old and new is not None:
                    return float(new / old)
        return None

    def _tokens(self) -> Mapping[str | None, Sequence[Mapping[str, Decimal]]]:
        """Mean output tokens by model, for each set that a class (None: all prompts) was observed on, the newest set first."""
        if self._sets is None:
            sets: dict[tuple[str | None, str], dict[str, Decimal]] = {}
            newest = sorted(self.catalog.observations, key=lambda one: one.date.toordinal() if one.date else 0, reverse=True)
            for one in newest:
                sets.setdefault((one.route_class, one.benchmark), {}).setdefault(one.model, one.output_tokens)
            self._sets = {}
            for (name, _), answers in sets.items():
                self._sets.setdefault(name, []).append(answers)
        return self._sets

    def prompt(self, offer: Offer, sums: dict[str, Ints]) -> dict[str, Ints]:
        """The sums with prompts counted by this offer's tokenizer, where it and the logged one are known."""
        new = self.tokenizers.get(offer.model)
        if new is None:
            return sums
        olds = [self.tokenizers.get(before.model) if before is not None else None for before in self.logged]
        factors = np.array([float(new / old) if old else 1.0 for old in olds])
        return {**sums, **{name: np.rint(sums[name] * factors).astype(np.int64) for name in ("input", "cached", "written")}}

    def by_shape(self, offer: Offer, of_group: Ints, shapes: int) -> NDArray[np.float64]:
        """The factor on output tokens of every shape; groups of a shape differ in time only."""
        factors = np.ones(shapes)
        factors[of_group] = self.factors(offer)
        return factors

    def said(self) -> str:
        """What is known of verbosity, in words; empty when nothing was scaled."""
        if not self.measured:
            return ""
        known = sum(self.measured.values())
        if known == len(self.measured):
            return "output tokens scaled by measured verbosity"
        if not known:
            return (
                "verbosity is not measured: other models are taken to say as much as the logged ones (`jc evals run` measures it)"
            )
        return f"output tokens scaled by verbosity for {known} of {len(self.measured)} pairs of models, as logged for the others"


def verbosity(model: Model | None, route_class: str) -> Decimal | None:
    """How much a model says, relative to the median model; None when it was not measured."""
    if model is None:
        return None
    return model.verbosity.get(route_class, model.verbosity.get("default"))
