"""Scratch git repositories, made without the user's settings."""

import os
import subprocess
from pathlib import Path


def git(cwd: Path, *words: str) -> str:
    """Run git without the user's settings; what it printed."""
    names = {f"GIT_{who}_{what}": "x@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    env = {**os.environ, **names, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    return subprocess.run(["git", *words], cwd=cwd, env=env, check=True, capture_output=True, text=True).stdout


def commit_all(root: Path) -> Path:
    """Make a folder a repository whose `main` holds what is in it."""
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "the catalog")
    return root


def edit(root: Path, old: str, new: str, rel: str = "offers/acme.yaml") -> None:
    """Change a file of the repository's catalog in its one place."""
    path = root / "catalogs" / rel
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
