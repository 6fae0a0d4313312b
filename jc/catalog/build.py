"""Fitting trees into one Catalog, file by file; knows no YAML and no schema library, so that a snapshot costs neither."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from jc.catalog import policies, records
from jc.catalog.kinds import FileKind
from jc.catalog.model import Catalog, Settings, TierPolicy
from jc.catalog.tree import Map, Path


class Twice(NamedTuple):
    """An id that is taken already: where in the tree it stands again, and where it stood first."""

    path: Path
    id: str
    first: str


@dataclass(slots=True)
class Parts:
    """A catalog in the making."""

    settings: Settings = field(default_factory=Settings)
    policy: TierPolicy = field(default_factory=TierPolicy)
    lock: Any = None
    maps: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {
            name: {} for name in ("providers", "models", "offers", "benchmarks", "placements", "routes", "plans")
        }
    )
    lists: dict[str, list[Any]] = field(
        default_factory=lambda: {name: [] for name in ("scores", "observations", "tier_overrides", "jobs", "tree")}
    )
    twice: list[Twice] = field(default_factory=list)

    def add(self, kind: FileKind, tree: Map, file: str) -> list[Twice]:
        """Take in one file; the ids that were taken already come back, their first holder stays."""
        self.twice = []
        _ADDERS[kind](self, tree, file)
        return self.twice

    def catalog(self, root: str, digest: str) -> Catalog:
        """The catalog of all that was added."""
        everything = cast("dict[str, Any]", self.maps | self.lists)
        return Catalog(root=root, settings=self.settings, policy=self.policy, lock=self.lock, digest=digest, **everything)

    def put(self, name: str, path: Path, key: str, value: Any) -> None:
        """Keep a value under its id, unless the id is taken."""
        first = self.maps[name].setdefault(key, value)
        if first is not value:
            self.twice.append(Twice(path, key, str(first.where)))


def _models(parts: Parts, tree: Map, file: str) -> None:
    lab = tree["lab"]
    for index, node in enumerate(tree["models"]):
        parts.put("models", ("models", index, "id"), node["id"], records.model(node, lab, file))


def _offers(parts: Parts, tree: Map, file: str) -> None:
    seller = records.provider(tree, file)
    parts.put("providers", ("provider",), seller.id, seller)
    for index, node in enumerate(tree["offers"]):
        parts.put("offers", ("offers", index, "id"), node["id"], records.offer(node, seller, file))


def _benchmarks(parts: Parts, tree: Map, file: str) -> None:
    for index, node in enumerate(tree["benchmarks"]):
        parts.put("benchmarks", ("benchmarks", index, "id"), node["id"], records.benchmark(node, file))


def _scores(parts: Parts, tree: Map, file: str) -> None:
    parts.lists["scores"].extend(records.score(node, file) for node in tree["scores"])
    parts.lists["observations"].extend(records.observation(node, file) for node in tree.get("observed", ()))


def _settings(parts: Parts, tree: Map, _file: str) -> None:
    parts.settings = policies.settings(tree)


def _policy(parts: Parts, tree: Map, file: str) -> None:
    parts.policy = policies.policy(tree, file)


def _overrides(parts: Parts, tree: Map, file: str) -> None:
    parts.lists["tier_overrides"].extend(policies.tier_override(node, file) for node in tree["overrides"])


def _placements(parts: Parts, tree: Map, file: str) -> None:
    parts.lock = policies.lock(tree, file)
    for index, node in enumerate(tree["placements"]):
        parts.put("placements", ("placements", index, "model"), node["model"], policies.placement(node, file))


def _route(parts: Parts, tree: Map, file: str) -> None:
    parts.put("routes", ("name",), tree["name"], policies.route_table(tree, file))


def _plans(parts: Parts, tree: Map, file: str) -> None:
    for index, node in enumerate(tree["plans"]):
        parts.put("plans", ("plans", index, "id"), node["id"], policies.plan(node, file))


def _jobs(parts: Parts, tree: Map, file: str) -> None:
    for name in ("jobs", "tree"):
        parts.lists[name].extend(policies.job(node, file) for node in tree.get(name, ()))


_ADDERS: Mapping[FileKind, Callable[[Parts, Map, str], None]] = {
    "catalog": _settings,
    "models": _models,
    "offers": _offers,
    "registry": _benchmarks,
    "scores": _scores,
    "policy": _policy,
    "overrides": _overrides,
    "placements": _placements,
    "routes": _route,
    "plans": _plans,
    "jobs": _jobs,
}
