"""Reading evalsets."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jc.errors import InputError
from jc.evals.evalset import load_evalset


def written(folder: Path, *lines: object, name: str = "set.jsonl") -> Path:
    """A file with one JSON object, or one raw text, a line."""
    path = folder / name
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n", "utf-8")
    return path


def problems_of(path: Path) -> list[str]:
    """All problems of a file, as `line:column message`."""
    with pytest.raises(InputError) as caught:
        load_evalset(path)
    return [f"{p.where.line}:{p.where.column} {p.message}" for p in caught.value.problems if p.where]


def test_a_prompt_is_one_user_message(tmp_path: Path) -> None:
    """A line with `prompt` is a case whose id is the line number when it has none."""
    evalset = load_evalset(written(tmp_path, {"prompt": "Hello"}, {"id": "b", "prompt": "Bye", "reference": "Goodbye"}))

    assert [case.id for case in evalset.cases] == ["1", "b"]
    assert evalset.cases[0].messages == ({"role": "user", "content": "Hello"},)
    assert evalset.cases[1].reference == "Goodbye"


def test_every_wrong_line_is_named_in_one_run(tmp_path: Path) -> None:
    """Broken JSON, a misspelt field, a duplicate id and a wrong type are all reported at once, with line and column."""
    path = written(
        tmp_path, {"id": "a", "prompt": "x"}, '{"id": "b", "promt": "y"}', '{"id": "a", "prompt": "z"}', "{oops", '{"prompt": 3}'
    )

    assert problems_of(path) == [
        "2:14 `prompt` is missing",
        "3:8 `id` 'a' was already used in line 1",
        "4:2 not JSON: Expecting property name enclosed in double quotes",
        "5:2 `prompt` is not text",
    ]


def test_a_misspelt_field_is_suggested(tmp_path: Path) -> None:
    """`promt` gets the hint that `prompt` was meant."""
    with pytest.raises(InputError) as caught:
        load_evalset(written(tmp_path, '{"id": "refund-07", "promt": "Where is my refund?"}'))

    assert "did you mean `prompt` for `promt`?" in caught.value.hint


def test_chat_messages_keep_their_roles_for_the_judge(tmp_path: Path) -> None:
    """Several messages are sent as they are and shown to the judge with their roles."""
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": [{"type": "text", "text": "Hi"}]}]
    case = load_evalset(written(tmp_path, {"messages": messages})).cases[0]

    assert list(case.messages) == messages
    assert case.question == "system: Be brief.\n\nuser: Hi"


def test_csv_has_the_same_columns(tmp_path: Path) -> None:
    """A CSV file reads like JSON lines; lists and objects are JSON inside their cell."""
    path = tmp_path / "set.csv"
    path.write_text('id,prompt,checks\na,"Hi, you","[{""type"": ""exact"", ""value"": ""x""}]"\n', "utf-8")
    case = load_evalset(path).cases[0]

    assert (case.id, case.question, len(case.checks)) == ("a", "Hi, you", 1)


def test_jinja_in_the_data_is_never_rendered(tmp_path: Path) -> None:
    """A prompt with template marks is sent as it stands."""
    case = load_evalset(written(tmp_path, {"prompt": "{{ 7 * 7 }}"})).cases[0]

    assert case.question == "{{ 7 * 7 }}"


def test_a_template_renders_vars_in_the_sandbox(tmp_path: Path) -> None:
    """`--template` makes the prompt of `vars`; data inside a value stays data."""
    path = written(tmp_path, {"vars": {"name": "{{ 7 * 7 }}"}})

    assert load_evalset(path, template="Hello {{ name }}!").cases[0].question == "Hello {{ 7 * 7 }}!"


@pytest.mark.parametrize("template", ["{{ nmae }}", "{{ ''.__class__.__mro__ }}", "{{ name.missing.x }}"])
def test_a_template_that_cannot_render_is_found_before_the_first_call(tmp_path: Path, template: str) -> None:
    """A misspelt variable and a try to leave the sandbox are errors with the line of the case."""
    path = written(tmp_path, {"vars": {"name": "Ann"}})
    with pytest.raises(InputError) as caught:
        load_evalset(path, template=template)

    assert "--template" in caught.value.problems[0].message


@pytest.mark.parametrize("line", ['{"prompt": NaN}', '{"prompt": "\\ud800"}', "[" * 5000, '{"prompt": " "}', "3", "null"])
def test_hostile_lines_are_problems_not_crashes(tmp_path: Path, line: str) -> None:
    """NaN, half a surrogate pair, deep nesting, an empty prompt and a bare value each give one clear error."""
    assert len(problems_of(written(tmp_path, line))) == 1


def test_a_byte_order_mark_and_windows_line_ends_are_no_problem(tmp_path: Path) -> None:
    """Files saved by spreadsheet programs read like others."""
    path = tmp_path / "set.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"id": "a", "prompt": "x"}\r\n\r\n{"id": "b", "prompt": "y"}\r\n')

    assert [case.id for case in load_evalset(path).cases] == ["a", "b"]


def test_bytes_that_are_not_utf8_are_named_with_their_place(tmp_path: Path) -> None:
    """A Latin-1 file is refused at the first wrong byte."""
    path = tmp_path / "set.jsonl"
    path.write_bytes(b'{"prompt": "x"}\n{"prompt": "caf\xe9"}\n')

    assert problems_of(path) == ["2:16 byte 0xe9 is not UTF-8"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)
)


@given(st.dictionaries(st.sampled_from(["id", "prompt", "messages", "checks", "vars", "tools", "reference", "x"]), json_values))
def test_any_json_in_any_field_is_a_case_or_an_error(tmp_path_factory: pytest.TempPathFactory, row: dict[str, object]) -> None:
    """No value in any field crashes the reader."""
    path = written(tmp_path_factory.mktemp("set"), json.dumps(row))
    try:
        evalset = load_evalset(path)
    except InputError:
        return

    assert len(evalset.cases) == 1
