"""What `jc` is made of: pinned, without hosts, without the libraries that it must not need."""

import re
import tomllib

from tests.soak.forks import ROOT

LOCK = (ROOT / "requirements.lock").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_the_lock_pins_everything_by_hash_and_names_no_host() -> None:
    """Every requirement has a version and at least one sha256; no address of an index is written down."""
    names = re.findall(r"^([a-z0-9._-]+)==\S+", LOCK, re.MULTILINE)
    blocks = re.split(r"^(?=[a-z0-9._-]+==)", LOCK, flags=re.MULTILINE)[1:]

    assert len(names) == len(blocks) > 10
    assert all("--hash=sha256:" in block for block in blocks)
    assert not re.search(r"https?://|--index-url|--extra-index-url|--find-links", LOCK)


def test_every_dependency_has_a_lower_bound_and_is_locked() -> None:
    """`make lowest` tests the bounds; what is required stands in the lock."""
    names = [re.match(r"[a-z0-9-]+", line) for line in PROJECT["dependencies"]]
    locked = set(re.findall(r"^([a-z0-9._-]+)==", LOCK, re.MULTILINE))

    assert all(">=" in line for line in PROJECT["dependencies"])
    assert {name[0] for name in names if name} <= locked


def test_no_other_client_is_needed_at_run_time() -> None:
    """Neither litellm nor a provider's own library is a dependency, and no telemetry comes with anything."""
    every = " ".join([LOCK, *PROJECT["dependencies"], *(" ".join(extra) for extra in PROJECT["optional-dependencies"].values())])

    assert not re.search(r"\b(litellm|openai|anthropic|langchain|sentry|posthog|segment)\b", every)


def test_the_audit_is_strict_and_reads_the_hashes() -> None:
    """`pip-audit` without `--strict` leaves with 0 when it audited nothing."""
    recipe = re.search(r"^audit:.*?\n\n", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE | re.DOTALL)

    assert recipe is not None
    assert "--strict" in recipe[0]
    assert "--require-hashes" in recipe[0]
