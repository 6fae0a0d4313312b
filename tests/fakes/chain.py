"""A catalog of three providers on loopback that can fail, a chain of routes over them, and calls of `jc route` there."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import zip_longest
from pathlib import Path

from tests.fakes.provider import FakeProvider
from tests.fakes.script import Script

KEY = "sk-secret-0123456789abcdef"
DEAD = "dead"

OFFERS = """\
schema_version: 1
provider: {name}
kind: aggregator
api: {{protocol: openai, base_url: "{url}", key_env: {variable}}}
offers:
  - id: {name}/model
    model: lab/model
    wire_id: wire-{name}
    region: global
    capabilities: {{input: [text], output: [text], tools: true, structured_output: true}}
    limits: {{context: 100000, output: 8000}}
    prices:
      - from: 2026-01-01
        status: confirmed
        usd_per_mtok: {{input: 1.00, output: 2.00}}
        source: https://prices.example
        checked: 2026-06-01
"""
MODELS = """\
schema_version: 1
lab: lab
models:
  - id: lab/model
    open_weights: true
    licence: MIT
    modalities: {input: [text], output: [text]}
    energy: {joules: 2.5, per: request, method: stated, source: "https://energy.example"}
"""
ROUTES = """\
name: chain
schema_version: 1
default: general
routes:
  simple: {model: one/model}
  general: {model: one/model}
  reasoning: {model: one/model}
  code: {model: one/model}
  agent: {model: one/model}
fallback: [two/model, three/model]
"""
NAMES = ("one", "two", "three")


class Place:
    """A folder with a catalog of providers that can be scripted, and calls of `jc` in it."""

    def __init__(self, folder: Path, servers: list[FakeProvider | None]) -> None:
        self.folder, self.servers = folder, servers
        catalog = folder / "catalogs"
        for name, text in (("catalog", "schema_version: 1\n"), ("models/lab", MODELS), ("routes/chain", ROUTES)):
            (catalog / name).parent.mkdir(parents=True, exist_ok=True)
            (catalog / f"{name}.yaml").write_text(text, "utf-8")
        (catalog / "offers").mkdir()
        for name, server in zip_longest(NAMES, servers):
            url = server.url if server else f"http://127.0.0.1:{closed_port()}/v1"
            text = OFFERS.format(name=name, url=url, variable=f"{name.upper()}_KEY")
            (catalog / "offers" / f"{name}.yaml").write_text(text, "utf-8")

    @property
    def environment(self) -> dict[str, str]:
        """The user's variables, a key for each provider among them."""
        keys = {f"{name.upper()}_KEY": KEY for name in NAMES}
        return {**os.environ, **keys, "XDG_CACHE_HOME": str(self.folder / ".cache"), "NO_COLOR": "1", "COLUMNS": "98"}

    def command(self, *arguments: str) -> list[str]:
        """The words of a call."""
        return [sys.executable, "-m", "jc", "route", *arguments, "-C", "catalogs", "-r", "chain"]

    def send(self, *arguments: str, ask: str = "haiku") -> subprocess.CompletedProcess[str]:
        """One `jc route --send`; the key is never seen, whatever happens."""
        done = subprocess.run(
            self.command(ask, "--send", *arguments),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        kept = "".join(path.read_text("utf-8", "replace") for path in self.folder.rglob("*.json*"))
        assert KEY not in done.stdout + done.stderr + kept
        return done

    def seen(self, number: int) -> int:
        """How many requests a server got."""
        server = self.servers[number]
        return len(server.requests) if server else 0


def closed_port() -> int:
    """A port of loopback where nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def placed(folder: Path, *scripts: Script | str) -> Iterator[Place]:
    """A place whose providers follow these scripts; at `dead` ones, and those without a script, nobody listens."""
    with ExitStack() as stack:
        servers = [None if isinstance(one, str) else stack.enter_context(FakeProvider(one)) for one in scripts]
        yield Place(folder, servers)
