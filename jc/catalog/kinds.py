"""Which file of a catalog folder holds what, by its path; the one place that knows the layout."""

from typing import Literal

FileKind = Literal[
    "catalog", "models", "offers", "registry", "scores", "policy", "overrides", "placements", "routes", "plans", "jobs"
]
_FIXED: dict[str, FileKind] = {
    "catalog.yaml": "catalog",
    "plans.yaml": "plans",
    "jobs.yaml": "jobs",
    "benchmarks/registry.yaml": "registry",
    "tiers/policy.yaml": "policy",
    "tiers/overrides.yaml": "overrides",
    "tiers/placements.lock.yaml": "placements",
}
_FOLDERS: dict[str, FileKind] = {"models": "models", "offers": "offers", "routes": "routes", "benchmarks": "scores"}


def kind_of(path: str) -> FileKind | None:
    """The kind of a file by its path inside the catalog folder (with `/`); None when nothing is expected there."""
    if path in _FIXED:
        return _FIXED[path]
    folder, _, name = path.rpartition("/")
    return _FOLDERS.get(folder) if name.endswith(".yaml") else None


def nearest_kind(path: str) -> str | None:
    """The path that was probably meant."""
    import difflib

    folder, _, name = path.rpartition("/")
    if name.endswith(".yml") and kind_of(path[:-4] + ".yaml"):
        return path[:-4] + ".yaml"
    close = difflib.get_close_matches(path, _FIXED, 1, 0.8)
    if close:
        return close[0]
    near = difflib.get_close_matches(folder, _FOLDERS, 1, 0.6)
    return f"{near[0]}/{name}" if near else None
