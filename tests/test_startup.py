"""A command starts fast because heavy libraries are imported where they are used; this counts modules, not seconds."""

import json
import subprocess
import sys

HEAVY = {
    "pandas",
    "numpy",
    "scipy",
    "pyarrow",
    "httpx",
    "aiohttp",
    "jinja2",
    "yaml",
    "rich",
    "pydantic",
    "asyncio",
    "duckdb",
    "sklearn",
}


def loaded_by(code: str) -> set[str]:
    """The top-level modules that are loaded after `code` ran in a new interpreter."""
    script = f"{code}\nimport sys, json\nprint('\\n' + json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_command_line_imports_nothing_heavy() -> None:
    """After `import jc.cli.main` with all commands registered, no heavy library is loaded."""
    loaded = loaded_by("from jc.cli.main import register; register()")

    assert loaded & HEAVY == set()


def test_help_imports_nothing_heavy() -> None:
    """`jc evals run --help` loads no heavy library either."""
    code = (
        "import sys\nsys.argv = ['jc', 'evals', 'run', '--help']\n"
        "from jc.cli.main import main\ntry:\n    main()\nexcept SystemExit:\n    pass"
    )

    assert loaded_by(code) & HEAVY == set()
