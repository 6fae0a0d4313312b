"""`python -m tests.fuzz TARGET SECONDS`: coverage-guided search with atheris, beginning at the corpus.

A finding ends with a traceback and a file `crash-…`; it becomes a file of the corpus and a test. Run by `make fuzz`, each night.
"""

import importlib
import sys
from pathlib import Path


def main() -> None:
    """Search for the given time in one target."""
    atheris = importlib.import_module("atheris")  # only `make fuzz` installs it
    with atheris.instrument_imports(include=["jc"]):
        from tests.fuzz.targets import TARGETS
    name, seconds = sys.argv[1], sys.argv[2]
    corpus = Path(__file__).parent / "corpus" / name
    found = Path(".fuzz") / name
    found.mkdir(parents=True, exist_ok=True)
    options = ["-max_len=4096", f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048", f"-artifact_prefix={found}/"]
    atheris.Setup([sys.argv[0], *options, str(found), str(corpus)], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
