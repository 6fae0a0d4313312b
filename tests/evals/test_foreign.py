import csv
import json
from pathlib import Path

import pytest

from jc.errors import InputError
from jc.evals.foreign import Foreign, read_foreign
from jc.evals.results import GAME_COLUMNS, RESULT_COLUMNS
from jc.evals.statistics.values import Game, Mark
from jc.evals.tabular import MOST_PROBLEMS


def read(folder: Path, text: str | bytes, name: str = "file.csv") -> Foreign:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_foreign(path)


def refused(folder: Path, text: str | bytes, name: str = "file.csv") -> list[str]:
    """The messages of the error, with the file's name for its path."""
    with pytest.raises(InputError) as caught:
        read(folder, text, name)
    found = [line for problem in caught.value.problems for line in problem.lines()[:1]] or [caught.value.message]
    return [line.replace(str(folder / name), name) for line in found]


def test_verdicts_with_the_four_columns(tmp_path: Path) -> None:
    """The smallest file of games."""
    found = read(tmp_path, "prompt_id,a,b,score_a\np1,x,y,1\np2,x,y,0.5\np3,y,x,0\n")
    assert (found.kind, found.rows, found.unread, found.unused) == ("games", 3, 0, ())
    assert found.games == (Game("p1", "x", "y", 1.0), Game("p2", "x", "y", 0.5), Game("p3", "y", "x", 0.0))


def test_verdicts_with_every_optional_column(tmp_path: Path) -> None:
    """Judge, order, cluster, epoch and lengths in any order of columns; others are named as unused."""
    text = "length_b,judge,prompt_id,order,a,b,score_a,cluster,epoch,length_a,note\n20,j,p,ba,x,y,1.0,k,2,10,hm\n"
    found = read(tmp_path, text)
    assert found.games == (Game("p", "x", "y", 1.0, "ba", "j", "k", 2, 10.0, 20.0),)
    assert found.unused == ("note",)


def test_scores(tmp_path: Path) -> None:
    """Long format: a score a row, an empty one is unread, true and false are 1 and 0."""
    found = read(tmp_path, "prompt_id,candidate,score,judge\np1,x,7.5,j\np1,y,,j\np2,x,-2,\np2,y,true,\n")
    assert (found.kind, found.unread) == ("scores", 1)
    assert found.marks == (Mark("p1", "x", 7.5, "j"), Mark("p1", "y", None, "j"), Mark("p2", "x", -2.0), Mark("p2", "y", 1.0))


def test_a_matrix(tmp_path: Path) -> None:
    """A row per prompt and a column per candidate, in several spellings; an empty cell is unread."""
    found = read(tmp_path, "prompt_id,cluster,gpt,llama\np1,k,1,0\np2,k,true,\np3,,RIGHT,wrong\n")
    assert (found.kind, found.unread, found.rows) == ("matrix", 1, 3)
    assert found.marks[:2] == (Mark("p1", "gpt", 1.0, cluster="k"), Mark("p1", "llama", 0.0, cluster="k"))
    assert [mark.score for mark in found.marks] == [1.0, 0.0, 1.0, None, 1.0, 0.0]


def test_json_lines_and_one_json_list(tmp_path: Path) -> None:
    """The same rows in three notations are the same evidence; numbers and null need no quotes."""
    rows = [
        {"prompt_id": 1, "a": "x", "b": "y", "score_a": 1, "order": "ab"},
        {"prompt_id": 2, "a": "x", "b": "y", "score_a": None},
        {"prompt_id": 3, "a": "x", "b": "y", "score_a": 0.5, "extra": {"deep": [1]}},
    ]
    lines = read(tmp_path, "\n".join(json.dumps(row) for row in rows) + "\n\n", "file.jsonl")
    listed = read(tmp_path, json.dumps(rows), "file.json")
    assert lines.games == listed.games
    assert [game.prompt for game in lines.games] == ["1", "2", "3"]
    assert lines.unread == 1
    assert read(tmp_path, json.dumps(rows[0]), "file.txt").games == lines.games[:1]
    assert read(tmp_path, json.dumps(rows), "file.unknown").games == lines.games


def test_a_matrix_in_json_lines(tmp_path: Path) -> None:
    """Booleans and numbers; a candidate that the first row does not have is a bad row, a missing one is unread."""
    found = read(tmp_path, '{"prompt_id": "p1", "x": true, "y": 0}\n{"prompt_id": "p2", "x": 1}\n', "file.jsonl")
    assert [mark.score for mark in found.marks] == [1.0, 0.0, 1.0, None]
    assert refused(tmp_path, '{"prompt_id": "p1", "x": 1}\n{"prompt_id": "p2", "z": 1}\n', "file.jsonl") == [
        "file.jsonl:2: column 'z' is not in the first row"
    ]


def test_tabs_bom_and_windows_line_ends(tmp_path: Path) -> None:
    """What spreadsheets write."""
    assert read(tmp_path, b"\xef\xbb\xbfprompt_id,candidate,score\r\np1,x,1\r\n").marks == (Mark("p1", "x", 1.0),)
    assert read(tmp_path, "prompt_id\tcandidate\tscore\np1\tx, the first\t1\n", "file.tsv").marks == (
        Mark("p1", "x, the first", 1.0),
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (("ab", "ba"), ("ab", "ba")),
        (("AB", "BA"), ("ab", "ba")),
        (("a", "b"), ("ab", "ba")),
        (("first", "second"), ("ab", "ba")),
        (("0", "1"), ("ab", "ba")),
        (("1", "2"), ("ab", "ba")),
        (("1", ""), ("ab", "")),
    ],
)
def test_orders_in_their_spellings(tmp_path: Path, written: tuple[str, str], expected: tuple[str, str]) -> None:
    """Letters, words, and numbers counted from 0 or from 1 as the whole file has them."""
    text = "prompt_id,a,b,score_a,order\n" + "".join(f"p,x,y,1,{order}\n" for order in written)
    assert tuple(game.order for game in read(tmp_path, text).games) == expected


def test_every_bad_verdict_is_named_in_one_pass(tmp_path: Path) -> None:
    """Each with file and line, in the order of the file."""
    text = (
        "prompt_id,a,b,score_a,order,epoch\n"
        "p1,x,y,1,ab,0\n"
        "p2,x,x,1,ab,0\n"
        "p3,x,y,0.7,ab,0\n"
        ",x,y,1,ab,0\n"
        "p4,x,,1,ab,0\n"
        "p4,,y,1,ab,0\n"
        "p5,x,y,abc,sideways,0\n"
        "p6,x,y,1\n"
        "p7,x,y,nan,ab,0\n"
        "p8,x,y,1,3,half\n"
        "p9,x,y,1,ab,0.5\n"
        "p10,x,y,1e400,ab,0,more\n"
    )
    assert refused(tmp_path, text) == [
        "file.csv:3: 'x' is compared with itself",
        "file.csv:4: `score_a` is '0.7', not 1, 0.5 or 0",
        "file.csv:5: `prompt_id` is empty",
        "file.csv:6: `b` is empty",
        "file.csv:7: `a` is empty",
        "file.csv:8: `score_a` is 'abc', not a number",
        "file.csv:8: `order` 'sideways' is neither `ab` nor `ba`",
        "file.csv:9: 4 cells, fewer than the 6 columns",
        "file.csv:10: `score_a` is 'nan', not a number",
        "file.csv:11: `epoch` is 'half', not a number",
        "file.csv:11: `order` '3' is neither `ab` nor `ba`",
        "file.csv:12: `epoch` is '0.5', not a whole number",
        "file.csv:13: 7 cells, more than the 6 columns",
    ]


def test_bad_scores_and_bad_matrices(tmp_path: Path) -> None:
    """Numbers that are none, too large ones, a matrix with grades or a prompt twice."""
    assert refused(tmp_path, "prompt_id,candidate,score\np,x,good\np,,1\np,x,1e13\np,x,inf\n") == [
        "file.csv:2: `score` is 'good', not a number",
        "file.csv:3: `candidate` is empty",
        "file.csv:4: `score` is '1e13', too large",
        "file.csv:5: `score` is 'inf', too large",
    ]
    assert refused(tmp_path, "prompt_id,x,y\np1,1,0.4\np2,0,1\np2,1,1\n") == [
        "file.csv:2: `y` is '0.4', neither 1 nor 0",
        "file.csv:4: `prompt_id` 'p2' was already used in line 3",
    ]
    huge = '{"prompt_id": "p", "candidate": "x", "score": 1' + "0" * 400 + "}"
    assert refused(tmp_path, huge, "file.jsonl")[0].endswith("too large")


def test_a_prompt_in_two_clusters_is_a_bad_row(tmp_path: Path) -> None:
    """Both places are named."""
    text = "prompt_id,candidate,score,cluster\np,x,1,k\np,y,1,l\n"
    assert refused(tmp_path, text) == ["file.csv:3: prompt 'p' is in cluster 'l' here and in 'k' in line 2"]


def test_columns_that_fit_no_kind(tmp_path: Path) -> None:
    """What is missing is said, with what is there."""
    assert refused(tmp_path, "foo,bar\n1,2\n") == ["file.csv:1: `prompt_id` is missing; columns: `foo`, `bar`"]
    assert refused(tmp_path, "prompt_id,a,b,winner\np,x,y,a\n") == [
        "file.csv:1: `score_a` is missing; columns: `prompt_id`, `a`, `b`, `winner`"
    ]
    assert refused(tmp_path, '{"id": 1, "score": 2}', "file.jsonl") == [
        "file.jsonl:1: `prompt_id` and `candidate` are missing; columns: `id`, `score`"
    ]
    assert refused(tmp_path, "prompt_id,cluster\np,k\n") == ["file.csv:1: there is no candidate beside `prompt_id`"]
    assert refused(tmp_path, "prompt_id,x,x\np,1,1\n") == ["file.csv:1: column 'x' stands twice"]


def test_files_without_rows(tmp_path: Path) -> None:
    """Empty, a heading alone, an empty list, a missing file, a folder."""
    for text, name in (("", "file.csv"), ("prompt_id,x\n", "file.csv"), ("[]", "file.json"), ("\n\n", "file.jsonl")):
        assert refused(tmp_path, text, name) == [f"`{name}` has no rows"]
    with pytest.raises(InputError, match="cannot read"):
        read_foreign(tmp_path / "none.csv")
    with pytest.raises(InputError, match="cannot read"):
        read_foreign(tmp_path)


def test_files_that_are_no_text_or_no_json(tmp_path: Path) -> None:
    """Latin-1, broken JSON, a number where an object belongs, deep nesting, NaN, an unclosed quote."""
    assert refused(tmp_path, "prompt_id,candidate,score\np,é,1\n".encode("latin-1")) == ["file.csv:2: byte 0xe9 is not UTF-8"]
    text = '{"prompt_id": "p", "candidate": "x", "score": 1}\n{broken\n7\n{"prompt_id": "q", "candidate": "x", "score": NaN}\n'
    assert refused(tmp_path, text, "file.jsonl") == [
        "file.jsonl:2: not JSON: Expecting property name enclosed in double quotes",
        "file.jsonl:3: a line is one JSON object",
        "file.jsonl:4: not JSON: NaN is not a JSON number",
    ]
    assert refused(tmp_path, "[" * 200_000, "file.jsonl") == ["file.jsonl:1: not JSON: nested too deeply"]
    assert refused(tmp_path, '{"a": 1}', "file.json") == ["file.json:1: not a JSON list of rows"]
    assert refused(tmp_path, "[1, {]", "file.json")[0].startswith("file.json:1: not JSON")
    assert refused(tmp_path, "[7]", "file.json") == ["file.json:1: entry 1 of the list is not an object"]
    assert refused(tmp_path, 'prompt_id,candidate,score\np,x,1\nq,"x,1\n') == ["file.csv:3: not CSV: unexpected end of data"]


def test_many_bad_rows_are_counted(tmp_path: Path) -> None:
    """A hundred are named, the others only numbered; a long cell is cut."""
    text = "prompt_id,candidate,score\n" + "p,x,bad\n" * 250 + "p,x," + "z" * 10_000 + "\n"
    found = refused(tmp_path, text)
    assert len(found) == MOST_PROBLEMS + 1
    assert found[-1] == "file.csv: and 151 more bad rows"
    assert len(refused(tmp_path, "prompt_id,candidate,score\np,x," + "z" * 10_000 + "\n")[0]) < 110


def test_the_files_of_jc_itself(tmp_path: Path) -> None:
    """results.csv is a file of scores, comparisons.csv one of verdicts whose ratings of single answers are passed over."""
    with (tmp_path / "results.csv").open("w", newline="") as out:
        writer = csv.DictWriter(out, RESULT_COLUMNS)
        writer.writeheader()
        writer.writerow({"prompt_id": "p", "candidate": "x", "score": 0.75, "cluster": "k", "epoch": 1})
    assert read_foreign(tmp_path / "results.csv").marks == (Mark("p", "x", 0.75, cluster="k", epoch=1),)
    with (tmp_path / "comparisons.csv").open("w", newline="") as out:
        writer = csv.DictWriter(out, GAME_COLUMNS)
        writer.writeheader()
        writer.writerow({"prompt_id": "p", "a": "x", "b": "y", "order": "ba", "judge": "j", "score_a": 0.0, "parse": "line"})
        writer.writerow({"prompt_id": "p", "a": "x", "b": "", "judge": "j", "verdict": "7", "parse": "line"})
    found = read_foreign(tmp_path / "comparisons.csv")
    assert found.games == (Game("p", "x", "y", 0.0, "ba", "j"),)
    assert "verdict" in found.unused


def test_the_columns_of_the_arenas(tmp_path: Path) -> None:
    """model_a, model_b, winner with question_id and turn; a winner that is none is a bad row."""
    text = "question_id,model_a,model_b,winner,judge,turn\n81,x,y,model_a,j,1\n81,x,y,tie,j,2\n82,x,y,model_b,j,1\n"
    found = read(tmp_path, text)
    assert found.games == (
        Game("81", "x", "y", 1.0, "", "j", "", 1),
        Game("81", "x", "y", 0.5, "", "j", "", 2),
        Game("82", "x", "y", 0.0, "", "j", "", 1),
    )
    assert refused(tmp_path, "prompt_id,model_a,model_b,winner\np,x,y,nobody\n") == [
        "file.csv:2: `score_a` is 'nobody', not a number"
    ]


def test_evidence_carries_the_labels(tmp_path: Path) -> None:
    """The second file stands beside the first."""
    games = read(tmp_path, "prompt_id,a,b,score_a\np,x,y,1\n")
    labels = read(tmp_path, "prompt_id,a,b,score_a\np,x,y,0\n", "labels.csv")
    found = games.evidence(labels)
    assert (found.games, found.label_games) == (games.games, labels.games)
    assert games.evidence().label_games == ()
