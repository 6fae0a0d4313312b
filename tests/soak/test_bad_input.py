"""Bad input at its full size, through the command line: a message with a position in a moment, and little memory."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from jc.errors import InputError
from jc.evals.evalset import load_evalset
from tests.soak.forks import Forks, environment

HEAD = b"schema_version: 1\nprovider: x\nkind: first_party\noffers:\n"
EVIL: dict[str, bytes] = {
    "alias bomb": HEAD + b"a: &a [x]\n" + b"".join(b"k%d: &k%d [%s]\n" % (n, n, b", ".join([b"*a"] * 9)) for n in range(400)),
    "depth 10,000": HEAD + b"a: " + b"[" * 10_000 + b"]" * 10_000 + b"\n",
    "python object": HEAD + b"a: !!python/object/apply:os.system ['touch owned']\n",
    "duplicate keys": HEAD + b"  - {id: x/a, id: x/b}\n",
    "tabs": HEAD + b"\t- id: x/a\n",
    "BOM": b"\xef\xbb\xbf" + HEAD,
    "prices that are none": HEAD + b"  - {id: x/a, prices: [{usd_per_mtok: {input: .nan, output: .inf}}]}\n",
    "wrong units": HEAD + b"  - {id: x/a, prices: [{usd_per_token: {input: 1}}]}\n",
    "NUL": HEAD + b"\0",
}


def catalog_with(place: Path, name: str, write: Callable[[Path], object]) -> Path:
    """A catalog of one offers file that somebody else wrote."""
    folder = place / "c"
    (folder / "offers").mkdir(parents=True)
    (folder / "catalog.yaml").write_text("schema_version: 1\nname: c\n", "utf-8")
    write(folder / "offers" / name)
    return folder


def sparse(path: Path) -> None:
    """A gigabyte of nothing."""
    path.touch()
    os.truncate(path, 2**30)


@pytest.mark.parametrize("name", EVIL)
def test_an_evil_catalog_is_refused_with_a_position_in_a_moment(tmp_path: Path, forks: Forks, name: str) -> None:
    """`jc catalog check` says file, line and column in under a second, and nothing in the file is carried out."""
    catalog_with(tmp_path, "x.yaml", lambda path: path.write_bytes(EVIL[name]))
    done = forks.run(tmp_path, ["catalog", "check", "c"], environment(tmp_path))

    assert done.code in {1, 2}, done.err
    assert "x.yaml:" in done.out + done.err
    assert "Traceback" not in done.err
    assert done.seconds < 3, "one second on a machine with nothing else to do"
    assert not (tmp_path / "owned").exists()


def test_a_file_of_a_gigabyte_is_not_read(tmp_path: Path, forks: Forks) -> None:
    """A sparse gigabyte is refused for its size."""
    calm = catalog_with(tmp_path / "calm", "x.yaml", lambda path: path.write_bytes(b"a"))
    large = catalog_with(tmp_path / "large", "x.yaml", sparse)
    small = environment(tmp_path)
    usual = forks.run(tmp_path, ["catalog", "check", str(calm)], small)
    done = forks.run(tmp_path, ["catalog", "check", str(large)], small)

    assert done.code in {1, 2}
    assert "large" in done.out + done.err
    assert done.peak_mib - usual.peak_mib < 32
    assert done.seconds < 3


def test_a_line_of_a_hundred_megabytes_is_counted_and_not_held(tmp_path: Path, forks: Forks) -> None:
    """One endless line in a log: counted as oversize, the rest is used, and the peak does not depend on how long it is."""
    row = {"ts": "2026-10-05T10:00:00Z", "model": "openai/gpt-4o", "input_tokens": 5, "output_tokens": 2}
    sound = json.dumps(row) + "\n"
    peaks = []
    for megabytes in (50, 150):
        with (tmp_path / "long.jsonl").open("w", encoding="utf-8") as out:
            out.write(sound * 150 + '{"prompt": "' + "x" * (megabytes * 10**6) + '"}\n' + sound * 150)
        line = ["traffic", "profile", "--max-bad", "5%", "-f", "json", "long.jsonl"]
        done = forks.run(tmp_path, line, environment(tmp_path))
        peaks.append(done.peak_mib)
        assert done.code == 0, done.err
        assert '"oversize_line": 1' in done.out

    assert peaks[1] - peaks[0] < 32


def test_an_evalset_may_hold_any_text(tmp_path: Path) -> None:
    """Ten megabytes, right-to-left, zero-width and combining characters are a prompt as they are; equal ids are refused."""
    prompts = [
        "x" * 10_000_000,
        "\u202eright to left\u2066",
        "zero\u200bwidth\u200d\ufeff",
        "e\u0301 \U0001f9d1\u200d\U0001f680",
        "\x1b[2J",
    ]
    path = tmp_path / "set.jsonl"
    path.write_text("".join(json.dumps({"id": f"p{n}", "prompt": text}) + "\n" for n, text in enumerate(prompts)), "utf-8")
    assert [case.messages[0]["content"] for case in load_evalset(path).cases] == prompts

    path.write_text('{"id": "a", "prompt": "x"}\n{"id": "a", "prompt": "y"}\n', "utf-8")
    with pytest.raises(InputError) as caught:
        load_evalset(path)
    assert "already used" in str(caught.value.problems[0].message)
