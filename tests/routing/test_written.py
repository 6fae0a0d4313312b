"""The models that the file of a route table names: all wrong ones at once, each with its place."""

from pathlib import Path

import pytest

from jc.catalog.load import load_catalog
from jc.errors import InputError
from jc.routing.table import load_table

CATALOG = load_catalog()
TABLE = """name: mine
schema_version: 1
classifier: {classifier}
nope: 3
routes:
  simple: {{model: openai/gpt-4o-minii, fallback: [deepseek/deepseek-reasoner, nobody/nothing]}}
  general: {{pool: [openai/gpt-4o, nobody/else]}}
  code: {{pool: any}}
rules:
  - {{when: {{model: "retired-*"}}, model: openai/gpt-4o}}
"""


def test_unknown_keys_and_models_are_told_in_one_run(tmp_path: Path) -> None:
    """Every wrong key and name of a file is a problem with line and column, in their order; conditions name no models."""
    path = tmp_path / "table.yaml"
    path.write_text(TABLE.format(classifier="loco"), "utf-8")
    with pytest.raises(InputError) as caught:
        load_table(str(path), CATALOG)

    told = [(one.where.line, one.where.column, one.message) for one in caught.value.problems if one.where is not None]
    assert [(line, column) for line, column, _ in told] == [(3, 13), (4, 1), (6, 19), (6, 79), (7, 35)]
    assert [message.split("`")[1] for *_, message in told] == [
        "loco", "nope", "openai/gpt-4o-minii", "nobody/nothing", "nobody/else"
    ]  # fmt: skip
    assert caught.value.problems[0].message == "no classifier `loco`"
    assert "`classifier: local`" in caught.value.problems[0].hint


@pytest.mark.parametrize("classifier", ["local", "openai/gpt-4o-mini", "mine.weights"])
def test_a_sound_table_is_read(classifier: str, tmp_path: Path) -> None:
    """`local`, a model and a file of weights are classifiers."""
    text = "\n".join(line for line in TABLE.format(classifier=classifier).splitlines() if "nope" not in line)
    path = tmp_path / "table.yaml"
    path.write_text(text.replace("-minii", "-mini").replace(", nobody/nothing", "").replace(", nobody/else", ""), "utf-8")
    assert load_table(str(path), CATALOG).classifier == classifier
