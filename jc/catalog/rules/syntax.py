"""Rules that are kept while files are read: YAML, encoding, keys, types; and what no file may hold."""

import re
from collections.abc import Iterator
from datetime import date
from itertools import islice

from jc.catalog.check import Book, Remark, Rule, rule
from jc.errors import Where

_MOST = 100
"""More finds of one kind in one file are not listed: each is placed by counting lines from the top."""
_SECRETS = (
    ("sk-", re.compile(r"\bsk-[A-Za-z0-9_-]{20,}")),
    ("AKIA", re.compile(r"\bAKIA[0-9A-Z]{16}\b")),
    ("AIza", re.compile(r"\bAIza[0-9A-Za-z_-]{30,}")),
    ("ghp_", re.compile(r"\bghp_[A-Za-z0-9]{30,}")),
    ("github_pat_", re.compile(r"\bgithub_pat_[A-Za-z0-9_]{30,}")),
    ("hf_", re.compile(r"\bhf_[A-Za-z0-9]{30,}")),
    ("gsk_", re.compile(r"\bgsk_[A-Za-z0-9]{30,}")),
    ("xai-", re.compile(r"\bxai-[A-Za-z0-9]{40,}")),
    ("xox", re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{20,}")),
    ("eyJ", re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.")),
    ("PRIVATE KEY", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    ("Bearer ", re.compile(r"\bBearer [A-Za-z0-9._~+/-]{20,}")),
)
"""A word that is looked for first, because that is a hundred times faster, and the pattern that decides."""


@rule(
    "JC108",
    "secret",
    "error",
    "syntax",
    "Nothing in a file looks like a key or token; a key is named by its variable (`key_env`).",
)
def secret(book: Book, _at: date) -> Iterator[Remark]:
    """Things that look like keys."""
    for document in book.documents:
        for word, pattern in _SECRETS:
            if word.encode() not in document.raw:
                continue
            text = document.raw.decode("utf-8", "replace")
            for match in islice(pattern.finditer(text), _MOST):
                line = text.count("\n", 0, match.start()) + 1
                column = match.start() - text.rfind("\n", 0, match.start())
                hint = "delete it, revoke it, and name the variable that holds it: `key_env`"
                yield Remark(Where(document.file, line, column), f"this looks like a secret: `{match[0][:6]}…`", hint)


@rule("JC114", "schema-outdated", "error", "syntax", "The JSON Schemas in `.schema/` are the ones that the code makes.")
def schema_outdated(book: Book, _at: date) -> Iterator[Remark]:
    """Generated schemas that differ from the code."""
    if not book.documents.schemas:
        return
    from jc.catalog.kept import schemas

    root = book.documents.root
    wanted = schemas()
    for name, text in wanted.items():
        if book.documents.schemas.get(name) != text.encode():
            where = Where(f"{root}/.schema/{name}" if root else f".schema/{name}")
            yield Remark(where, "not what the code makes", "rewrite it: jc catalog schema --write")


def _kept(id_: str, name: str, what: str, *codes: str) -> Rule:
    return Rule(id_, name, "error", "syntax", what, codes=codes)


RULES: tuple[Rule, ...] = (
    _kept("JC101", "yaml", "A file is one YAML 1.2 document whose keys are plain text.", "yaml", "document", "empty", "key"),
    _kept("JC102", "encoding", "A file is UTF-8 in normal form C, without byte order mark.", "encoding"),
    _kept("JC103", "tab", "No tab anywhere.", "tab"),
    _kept("JC104", "control-character", "No character that cannot be seen.", "control"),
    _kept("JC105", "duplicate-key", "A key stands once in a mapping.", "duplicate-key"),
    _kept("JC106", "alias", "No anchors, aliases, merge keys or tags: every value stands where it is read.", "alias", "tag"),
    _kept("JC107", "too-large", "A file has at most 5 MB and is nested at most 50 deep.", "too-large", "depth"),
    secret,
    _kept("JC109", "unknown-key", "Every key is known to the file's schema.", "unknown-key"),
    _kept("JC110", "missing-key", "Every key that the schema requires is there.", "missing-key"),
    _kept("JC111", "wrong-type", "Values have their type: numbers finite, without quotes, `$` or `,`; booleans true or false.",
          "wrong-type", "number"),
    _kept("JC112", "wrong-value", "A value of a closed set is one of the set.", "wrong-value"),
    _kept("JC113", "schema-version", "The schema version of a file is one that this `jc` reads.", "schema-version"),
    schema_outdated,
    _kept("JC115", "unknown-file", "Every YAML file stands where a catalog has one.", "unknown-file"),
    _kept("JC116", "symlink", "No file or folder is a symbolic link.", "symlink"),
    _kept("JC117", "unreadable", "Every file can be read.", "unreadable"),
)  # fmt: skip
