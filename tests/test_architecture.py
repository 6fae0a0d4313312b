"""The house rules that a machine can check."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "jc").rglob("*.py"))


def test_no_file_is_longer_than_500_lines() -> None:
    """A file has at most 500 lines, and half of them at most 200."""
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in FILES}
    too_long = {name: length for name, length in lengths.items() if length > 500}

    assert too_long == {}
    assert sorted(lengths.values())[len(lengths) // 2] <= 200


def test_no_function_is_longer_than_80_lines() -> None:
    """A function has at most 80 lines; the signature of a command, which is its list of options, does not count."""
    too_long = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                length = node.end_lineno - node.body[0].lineno + 1
                if length > 80:
                    too_long.append((str(path.relative_to(ROOT)), node.name, length))

    assert too_long == []


def test_only_the_entry_point_catches_everything() -> None:
    """`except Exception` stands in cli/main.py and nowhere else."""
    broad = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                names = (
                    {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)} if node.type else {"BaseException"}
                )
                if names & {"Exception", "BaseException"}:
                    broad.append(str(path.relative_to(ROOT)))

    assert set(broad) <= {"jc/cli/main.py"}


def test_only_output_prints() -> None:
    """`print` is called nowhere in the package."""
    printing = [
        str(path.relative_to(ROOT))
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]

    assert printing == []


def test_the_import_contracts_hold() -> None:
    """Imports go one way, without cycles; the network and the terminal are each touched in one package."""
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout


def test_no_path_of_a_machine_is_in_the_sources() -> None:
    """The project runs anywhere: no absolute path of a home or work folder stands in code, catalogs or docs."""
    suspicious = ("/ho" + "me/", "/ro" + "ot/", "/wo" + "rk/", "/Us" + "ers/")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.splitlines()
    found = []
    for name in tracked:
        path = ROOT / name
        if (
            path.suffix in {".py", ".md", ".yaml", ".yml", ".toml", ".json"}
            and path.is_file()
            and not name.startswith("evalsets/")
        ):
            text = path.read_text("utf-8", "replace")
            found += [
                (name, word) for word in suspicious if word in text and name.startswith(("jc/", "docs/", "catalogs/", "README"))
            ]

    assert found == []
