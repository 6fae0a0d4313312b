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


def test_the_root_says_of_each_noun_what_the_noun_says_of_itself() -> None:
    """The help page lists nouns without importing them, in words that are kept beside their names."""
    code = (
        "from typer.main import get_command\nfrom jc.cli.main import NOUNS, SUMMARIES, app, register\nregister()\n"
        "nouns = get_command(app).commands\n"
        "own = {name: one.short_help or one.help.split('\\n\\n')[0].replace('\\n', ' ') for name, one in nouns.items()}\n"
        "assert list(NOUNS) == list(SUMMARIES)\nassert max(map(len, SUMMARIES.values())) <= 60\n"
        "assert own == SUMMARIES, (own, SUMMARIES)"
    )

    assert "jc" in loaded_by(code)


def test_the_help_page_imports_no_noun() -> None:
    """`jc --help` costs what the root costs."""
    code = (
        "import sys\nsys.argv = ['jc', '--help']\nfrom jc.cli.main import main\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
        "assert not {'jc.cli.evals', 'jc.cli.catalog', 'jc.cli.route'} & set(sys.modules)"
    )

    assert "jc" in loaded_by(code)


def test_a_run_does_not_wait_for_the_statistics_before_its_first_call() -> None:
    """What mathematics needs is loaded beside the calls, not in front of them."""
    loaded = loaded_by("import jc.evals.finish, jc.evals.run")

    assert loaded & {"numpy", "scipy", "pandas", "jinja2", "pydantic"} == set()


def test_a_route_imports_nothing_heavy() -> None:
    """With a snapshot of the catalog, `jc route` needs neither a parser nor an HTTP client."""
    run = (
        "import sys\nsys.argv = ['jc', 'route', 'hi', '-q']\nfrom jc.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit as done:\n    assert not done.code, done.code\n"
    )
    loaded_by(run)  # makes the snapshot, where there was none

    lean = "assert not {'jc.catalog.policies', 'jc.providers.call', 'jc.tiers.swap'} & set(sys.modules)"
    assert loaded_by(run + lean) & HEAVY == set()
