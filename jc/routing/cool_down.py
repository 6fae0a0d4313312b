"""Which models were out of service a moment ago: a small file in the user's cache, so that the next request tries others first.

A cool-down is as long as the server asked for, else by the kind of failure. Nothing but names, times and reasons is kept; a file
that cannot be read or written is no error, because it only spares a wait.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from jc.errors import IoFailure
from jc.routing.request import Health

if TYPE_CHECKING:
    from jc.providers.call import Failure

COOL_DOWN_S: Mapping[str, float] = {
    "quota": 3600.0,
    "budget": 3600.0,
    "auth": 300.0,
    "not_found": 300.0,
    "rate_limited": 60.0,
    "overloaded": 60.0,
    "server": 30.0,
    "timeout": 30.0,
    "connection": 30.0,
    "malformed": 30.0,
}
"""Seconds by kind of failure when the server says nothing: 402 an hour, 429 a minute, 5xx and no answer half a minute."""
_LONGEST_S = 24 * 3600.0
_MOST_BYTES = 1_000_000


def health_path(environment: Mapping[str, str]) -> Path:
    """Where the file is kept: `$XDG_CACHE_HOME/jc/health.json`."""
    home = environment.get("XDG_CACHE_HOME") or str(Path(environment.get("HOME") or Path.home()) / ".cache")
    return Path(home) / "jc" / "health.json"


def read_health(path: Path, now: float, via: str = "") -> Health:
    """What is still cooling down at `now` (seconds since 1970); `via` is the gateway, whose failures are its own."""
    return Health.of((name, why) for name, (_, why) in _cooling(path, now, via).items())


def soonest(path: Path, now: float, via: str = "") -> float | None:
    """Seconds until the first of those that are cooling down may be asked again; None when nothing is."""
    return min((until - now for until, _ in _cooling(path, now, via).values()), default=None)


def note_failure(path: Path, model: str, failure: "Failure", now: float, via: str = "") -> float | None:
    """Let a model cool down from `now` on; how many seconds it was given, None when this failure is no reason to."""
    seconds = failure.retry_after_s if failure.retry_after_s is not None else COOL_DOWN_S.get(failure.kind)
    if seconds is None:
        return None
    seconds = min(max(seconds, 0.0), _LONGEST_S)
    entries = {name: entry for name, entry in _entries(path).items() if entry[0] > now}
    entries[_key(model, via)] = (now + seconds, f"{failure.kind.replace('_', ' ')}, cooling down")
    _write(path, entries)
    return seconds


def note_success(path: Path, model: str, via: str = "") -> None:
    """A model that answers is well again."""
    entries = _entries(path)
    if entries.pop(_key(model, via), None) is not None:
        _write(path, entries)


_VIA = " via "


def _key(model: str, via: str) -> str:
    return f"{model}{_VIA}{via}" if via else model


def _cooling(path: Path, now: float, via: str) -> dict[str, tuple[float, str]]:
    """The entries of one way to the models, by model."""
    found = {}
    for key, entry in _entries(path).items():
        name, _, through = key.partition(_VIA)
        if entry[0] > now and through == via:
            found[name] = entry
    return found


def _entries(path: Path) -> dict[str, tuple[float, str]]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            return {}
        data = json.loads(path.read_bytes())
        return {str(name): (float(until), str(why)) for name, (until, why) in data.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _write(path: Path, entries: Mapping[str, tuple[float, str]]) -> None:
    from jc.files import write_atomically

    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(path, json.dumps(entries), 0o600)
    except (OSError, IoFailure):
        return
