"""Run every benchmark and keep what it printed: `python -m benchmarks [name …]` writes benchmarks/results/<date>.md.

Those that are not named keep what they printed last on the same day.
"""

import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
NAMES = [path.stem for path in sorted(HERE.glob("*.py")) if not path.stem.startswith("_")]
LIBRARIES = ("typer", "httpx", "httptools", "aiohttp", "pydantic", "numpy", "scipy", "duckdb", "pandas")


def machine() -> str:
    """The machine and the versions, on a few lines."""
    import os

    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n\n{versions}\n"


def main(names: list[str]) -> int:
    """Run the named benchmarks, all without names; the last failure's exit code."""
    now = datetime.now(UTC)
    target = HERE / "results" / f"{now:%Y-%m-%d}.md"
    parts = sections(target.read_text("utf-8")) if target.exists() else {}
    failed = 0
    for name in names or NAMES:
        print(f"## {name}", flush=True)
        done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], stdout=subprocess.PIPE, text=True, check=False)
        print(done.stdout, flush=True)
        parts[name] = done.stdout
        failed = done.returncode or failed
    target.parent.mkdir(exist_ok=True)
    told = [f"## {name}\n\n{parts[name].strip()}\n" for name in NAMES if name in parts]
    target.write_text("\n".join([f"# Benchmarks of {now:%Y-%m-%d}\n", machine(), *told]), "utf-8")
    return failed


def sections(text: str) -> dict[str, str]:
    """What a file of results holds, by benchmark."""
    found = {}
    for part in text.split("\n## ")[1:]:
        name, _, printed = part.partition("\n")
        found[name] = printed
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
