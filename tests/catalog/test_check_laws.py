"""Laws of the check: always the same answer, whatever the order; and no catalog makes it fail."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from jc.catalog.assemble import assemble
from jc.catalog.check import Book, check
from jc.catalog.documents import documents
from tests.catalog.cases import CASES, bad
from tests.catalog.sample import ALL_RULES, FILES, TODAY, findings

BAD = [bad(case)[0] for case in CASES]


@settings(max_examples=40)
@given(st.sampled_from(BAD), st.randoms(use_true_random=False))
def test_the_order_of_rules_and_files_does_not_matter(files: dict[str, str], random: Any) -> None:
    """Shuffled rules and shuffled files give the same findings in the same order."""
    rules, names = list(ALL_RULES), list(files)
    random.shuffle(rules)
    random.shuffle(names)
    shuffled = documents("", [(name, files[name].encode()) for name in names])

    assert check(Book.of(assemble(shuffled)), TODAY, rules) == findings(files)


@settings(max_examples=150)
@given(st.sampled_from(sorted(FILES)), st.data())
def test_no_edit_makes_the_check_fail(rel: str, data: st.DataObject) -> None:
    """Lines dropped, doubled, cut or swapped for those of another file: findings, never an exception."""
    lines = FILES[rel].split("\n")
    other = FILES[data.draw(st.sampled_from(sorted(FILES)))].split("\n")
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1)) if lines else 0
        kind = data.draw(st.sampled_from(["drop", "double", "cut", "swap", "word"]))
        if not lines:
            break
        if kind == "drop":
            del lines[at]
        elif kind == "double":
            lines.insert(at, lines[at])
        elif kind == "cut":
            lines[at] = lines[at][: data.draw(st.integers(0, len(lines[at])))]
        elif kind == "swap":
            lines[at] = data.draw(st.sampled_from(other))
        else:
            words = lines[at].split(" ")
            words[data.draw(st.integers(0, len(words) - 1))] = data.draw(
                st.sampled_from(["null", "[]", "{}", "-1", "x", "0", '""', "true"])
            )
            lines[at] = " ".join(words)
    files = {**FILES, rel: "\n".join(lines)}

    found = findings(files, FILES)

    assert found == sorted(found, key=lambda one: (one.where, one.rule, one.message))
    for one in found:
        assert one.message
        assert one.where.line >= 0


def test_one_broken_file_does_not_blame_the_others() -> None:
    """What stands in a file that cannot be read is not reported as missing elsewhere."""
    broken = {rel: FILES[rel] + "  - [\n" for rel in ("offers/acme.yaml", "models/acme.yaml", "benchmarks/registry.yaml")}

    assert {one.where.file for one in findings({**FILES, **broken}) if one.severity != "note"} == set(broken)


def test_one_broken_row_costs_only_that_row() -> None:
    """The others are still checked: a second mistake further down is found in the same run."""
    text = FILES["offers/acme.yaml"].replace("wire_id: large-2026", "wire_di: large-2026").replace("input: 0.15", "input: -0.15")

    assert {"unknown-key", "missing-key", "price-negative"} <= {one.name for one in findings({**FILES, "offers/acme.yaml": text})}
