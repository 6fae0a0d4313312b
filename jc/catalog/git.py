"""A catalog as it stands at a git ref: read from the object store, without a checkout and without the network.

Only plumbing is used (`rev-parse`, `ls-tree`, `cat-file`), whose output does not depend on the user's settings. The files come
back in the shape in which `folder.read_files` gives those of the working tree, so everything after that is the same code.
"""

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from jc.catalog.folder import Files
from jc.catalog.kinds import kind_of
from jc.catalog.model import Catalog
from jc.catalog.tree import MAX_BYTES, Flaw
from jc.errors import InputError

_MAX_DEPTH = 5
_LINK, _FILES = "120000", {"100644", "100755"}
# A hook runs with these set, and they would point away from the folder that was named.
_LEFT_OUT = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE")


class AtRef(NamedTuple):
    """The files of a catalog at one commit; `name` is how messages call the folder, `main:catalogs`."""

    name: str
    commit: str
    files: Files


class _Entry(NamedTuple):
    mode: str
    sha: str
    size: int
    rel: str


def files_at(folder: Path, ref: str) -> AtRef:
    """The YAML files that `folder` holds at `ref`.

    InputError when the folder is in no repository, the ref is unknown (a shallow clone says so), or holds no catalog there.
    """
    top, prefix = _place(folder)
    commit = _commit(top, ref)
    entries = list(_entries(top, commit, prefix))
    shown = prefix.rstrip("/")
    if not any(kind_of(entry.rel) for entry in entries):
        where = f"`{shown}`" if shown else "its top folder"
        raise InputError(f"`{ref}` holds no catalog in {where}", hint="name a later ref, or another folder with `--catalog DIR`")
    files = sorted(_contents(top, entries), key=lambda item: item[0])
    return AtRef(f"{ref}:{shown}", commit, files)


def catalog_at(folder: Path, ref: str) -> Catalog:
    """The catalog that `folder` holds at `ref`; errors as `files_at`, and InputError with every problem of its files."""
    from jc.catalog.assemble import assemble
    from jc.catalog.documents import documents
    from jc.catalog.problems import problem

    found = files_at(folder, ref)
    assembled = assemble(documents(found.name, found.files))
    if assembled.flaws:
        flaws = sorted(assembled.flaws, key=lambda item: (item.document.rel, item.flaw.line, item.flaw.column))
        raise InputError.of([problem(flaw) for flaw in flaws], f"the catalog at `{ref}` cannot be read")
    return assembled.catalog


def _place(folder: Path) -> tuple[Path, str]:
    """The top of the repository that holds a folder, and the folder's path inside it (ending in `/`, empty at the top)."""
    if not folder.is_dir():
        raise InputError(f"the catalog `{folder}` does not exist", hint="name a folder with `--catalog DIR`")
    done = _git(folder, "rev-parse", "--show-toplevel", "--show-prefix")
    if done.returncode:
        said = _said(done.stderr)
        if "not a git repository" in said:
            raise InputError(f"`{folder}` is in no git repository", hint="versions are compared inside a repository")
        raise InputError(f"git cannot read `{folder}`: {said}")
    top, prefix, *_ = [*os.fsdecode(done.stdout).split("\n"), "", ""]
    return Path(top), prefix


def _commit(top: Path, ref: str) -> str:
    if not ref or ref.startswith("-") or not ref.isprintable():
        raise InputError(f"`{ref}` is not a git ref", hint="name a branch, a tag or a commit")
    done = _git(top, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    if not done.returncode:
        return os.fsdecode(done.stdout).strip()
    if _git(top, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true":
        hint = "this clone is shallow: `git fetch --unshallow`, or `fetch-depth: 0` in a workflow"
        raise InputError(f"no git ref `{ref}` in this clone", hint=hint)
    raise InputError(f"no git ref `{ref}`", hint=_nearest(top, ref))


def _nearest(top: Path, ref: str) -> str:
    import difflib

    done = _git(top, "for-each-ref", "--format=%(refname:short)", "--count=2000")
    names = os.fsdecode(done.stdout).split()
    near = difflib.get_close_matches(ref, names, 1, 0.6)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"refs: {', '.join(names[:8])}" if names else "this repository has no commit yet"


def _entries(top: Path, commit: str, prefix: str) -> Iterator[_Entry]:
    """The YAML files under a prefix, as `folder.read_files` would find them."""
    done = _git(top, "ls-tree", "-r", "-z", "--long", "--full-tree", commit, *([prefix] if prefix else []))
    if done.returncode:
        raise InputError(f"git cannot list `{commit[:12]}`: {_said(done.stderr)}")
    for record in os.fsdecode(done.stdout).split("\0"):
        head, _, path = record.partition("\t")
        rel = path.removeprefix(prefix)
        parts = rel.split("/")
        if not path or len(parts) > _MAX_DEPTH or any(part.startswith(".") for part in parts):
            continue
        mode, kind, sha, size = head.split()
        if kind == "blob" and (mode == _LINK or (mode in _FILES and rel.endswith((".yaml", ".yml")))):
            yield _Entry(mode, sha, int(size), rel)


def _contents(top: Path, entries: Sequence[_Entry]) -> Iterator[tuple[str, bytes | Flaw]]:
    wanted = []
    for entry in entries:
        if entry.mode == _LINK:
            yield entry.rel, Flaw("symlink", 0, 0, "a symbolic link", "put the file itself here")
        elif entry.size > MAX_BYTES:
            yield entry.rel, Flaw("too-large", 0, 0, f"the file has {entry.size:,} bytes; the limit is {MAX_BYTES:,}")
        else:
            wanted.append(entry)
    yield from zip([entry.rel for entry in wanted], _blobs(top, [entry.sha for entry in wanted]), strict=True)


def _blobs(top: Path, shas: Sequence[str]) -> Iterator[bytes]:
    """The contents of objects, in order, from one `git cat-file --batch`."""
    done = _git(top, "cat-file", "--batch", stdin="".join(f"{sha}\n" for sha in shas).encode())
    raw, at = done.stdout, 0
    for sha in shas:
        end = raw.find(b"\n", at)
        head = raw[at:end].split() if end >= 0 else []
        if len(head) != 3:
            hint = "this clone is partial: fetch the whole history (`git fetch --refetch --no-filter`)"
            raise InputError(f"the object {sha[:12]} is not in this clone", hint=hint)
        size = int(head[2])
        yield raw[end + 1 : end + 1 + size]
        at = end + 1 + size + 1


def _git(folder: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {key: value for key, value in os.environ.items() if key not in _LEFT_OUT}
    environment.update(LC_ALL="C", GIT_NO_LAZY_FETCH="1", GIT_OPTIONAL_LOCKS="0", GIT_TERMINAL_PROMPT="0")
    command = ["git", "-C", os.fspath(folder), *arguments]
    try:
        return subprocess.run(command, input=stdin, capture_output=True, env=environment, check=False)  # noqa: S603  a list
    except FileNotFoundError:
        raise InputError("`git` is not installed", hint="comparing with a ref needs git") from None


def _said(stderr: bytes) -> str:
    """The first line of what git complains about."""
    lines = os.fsdecode(stderr).strip().splitlines()
    return lines[0].removeprefix("fatal: ") if lines else "no reason given"
