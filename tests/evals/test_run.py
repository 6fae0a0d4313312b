"""A whole run over real HTTP: answers, games, journal, results."""

from decimal import Decimal
from pathlib import Path

import pytest

from jc.errors import InputError, Locked
from jc.evals import runfolder
from jc.evals.finish import copy_answers, derive
from jc.evals.plan import Settings
from jc.evals.results import GAME_COLUMNS, RESULT_COLUMNS
from jc.evals.run import Spending, find_prompts
from jc.evals.runfolder import RunFolder
from tests.evals.conftest import Bench
from tests.fakes.script import Fault, Script, rate_limit, storm

# What may differ between two runs of the same work: when it was done and how long it took.
TIMES = {"run_id", "latency_ms", "ttft_ms", "queue_ms", "attempts", "started_at", "endpoint"}


def stable(row: dict[str, object]) -> dict[str, object]:
    """A row without what may differ from run to run."""
    return {name: value for name, value in row.items() if name not in TIMES}


def test_every_pair_is_judged_in_both_orders(bench: Bench) -> None:
    """Three candidates on six prompts are 18 answers and 36 games, and the server saw exactly these."""
    with bench.run() as finished:
        games = list(finished.results.games())
        rows = bench.rows(finished)

    assert len(rows) == 18
    assert all(row["status"] == "ok" for row in rows)
    assert len(games) == 36
    assert {game["order"] for game in games} == {"ab", "ba"}
    assert len(bench.server.requests) == 18 + 36


def test_rows_have_exactly_the_columns_of_the_contract(bench: Bench) -> None:
    """Results and comparisons have the columns of the specification, in its order."""
    with bench.run() as finished:
        assert all(tuple(row) and set(row) == set(RESULT_COLUMNS) for row in finished.results.answers())
        assert all(tuple(row) == GAME_COLUMNS for row in finished.results.games())


def test_the_same_command_again_asks_nobody(bench: Bench) -> None:
    """A finished run is read from its journal: no request, equal rows, equal summary."""
    with bench.run() as finished:
        first, summary = bench.rows(finished), derive(finished)
    asked = len(bench.server.requests)
    with bench.run() as finished:
        second, again = bench.rows(finished), derive(finished)

    assert len(bench.server.requests) == asked
    assert (first, summary) == (second, again)


def test_an_edited_prompt_runs_again_alone(bench: Bench) -> None:
    """After one of six prompts changed, its three answers and six games are asked for, and nothing else."""
    request = bench.request()
    with bench.run(request):
        pass
    asked = len(bench.server.requests)
    path = Path(request.prompts)
    path.write_text(path.read_text("utf-8").replace("Question 3?", "Question three?"), "utf-8")
    with bench.run(request) as finished:
        assert all(row["status"] == "ok" for row in bench.rows(finished))

    assert len(bench.server.requests) - asked == 3 + 6


def test_equal_prompts_get_answers_of_their_own(bench: Bench) -> None:
    """Two cases with the same text, and epochs of one case, are separate units."""
    path = bench.folder / "set.jsonl"
    path.write_text('{"id": "a", "prompt": "Same"}\n{"id": "b", "prompt": "Same"}\n', "utf-8")
    request = bench.request(judges=(), settings=Settings(mode="none", epochs=2, max_tokens=8))
    path.write_text(path.read_text("utf-8").replace("}", ', "checks": [{"type": "contains", "value": "word"}]}'), "utf-8")
    with bench.run(request) as finished:
        assert len(bench.rows(finished)) == 3 * 2 * 2

    assert len(bench.server.requests) == 12


def test_identical_answers_tie_without_a_call(bench: Bench) -> None:
    """When all answers are equal no judge is asked, and every game is a tie."""
    bench.server.use(Script(answers={"Question": "the same"}))
    with bench.run() as finished:
        games = list(finished.results.games())

    assert {(game["verdict"], game["parse"]) for game in games} == {("A=B", "identical")}
    assert len(bench.server.requests) == 18


def test_the_score_is_the_mean_of_both_orders(bench: Bench) -> None:
    """Wins, ties and losses count pairs; the scores of a prompt, each the mean of its games, average one half."""
    with bench.run() as finished:
        rows = bench.rows(finished)
    for prompt in {row["prompt_id"] for row in rows}:
        mine = [row for row in rows if row["prompt_id"] == prompt]

        assert sum(row["score"] for row in mine) == pytest.approx(1.5)
        assert all(row["wins"] + row["ties"] + row["losses"] == 2 for row in mine)
        assert sum(row["wins"] for row in mine) == sum(row["losses"] for row in mine)


def test_a_storm_of_faults_loses_nothing(bench: Bench) -> None:
    """With 10 % 429, 5 % 500, 1 % hang and 1 % malformed bodies every unit is answered in the end."""
    bench.server.use(Script(faults=storm(retry_after=0.05)))
    with bench.run(bench.request(prompts=40), timeout_s=0.5, concurrency=16) as finished:
        rows = bench.rows(finished)
        games = list(finished.results.games())

    assert len(rows) == 120
    assert {row["status"] for row in rows} == {"ok"}
    assert {game["parse"] for game in games} == {"line"}


def test_a_prompt_that_always_fails_is_given_up_and_named(bench: Bench) -> None:
    """A permanent 500 on one prompt leaves the others whole; its rows say why."""
    bench.server.use(Script(faults=(Fault("status", contains="Question 2?", status=500),)))
    with bench.run() as finished:
        rows = {(row["prompt_id"], row["candidate"]): row for row in bench.rows(finished)}

    assert {row["status"] for (prompt, _), row in rows.items() if prompt != "p2"} == {"ok"}
    assert {row["error_type"] for (prompt, _), row in rows.items() if prompt == "p2"} == {"server"}


def test_a_wrong_key_stops_the_endpoint_and_says_so(bench: Bench) -> None:
    """401 on the first call gives the endpoint up instead of asking for every prompt; the key is in no message."""
    bench.server.use(Script(keys=frozenset({"another"})))
    with bench.run() as finished:
        rows = bench.rows(finished)

    assert {row["status"] for row in rows} == {"error"}
    assert len(bench.server.requests) <= 8
    assert not any("sk-test-key" in str(row) for row in rows)


def test_statuses_are_not_scores(bench: Bench) -> None:
    """A refused and a cut answer are compared with nobody by default, and lose with `--on-refusal loss`."""
    faults = (Fault("refusal", model="ant", contains="Question 0?"), Fault("truncated", model="bee", contains="Question 0?"))
    bench.server.use(Script(faults=faults))
    with bench.run(name="exclude") as finished:
        rows = {row["candidate"]: row for row in bench.rows(finished) if row["prompt_id"] == "p0"}
    losing = bench.request(settings=Settings(on_refusal="loss", max_tokens=64))
    with bench.run(losing, name="loss") as finished:
        lost = {row["candidate"]: row for row in bench.rows(finished) if row["prompt_id"] == "p0"}

    assert (rows["ant"]["status"], rows["bee"]["status"]) == ("refused", "truncated")
    assert [rows[name]["score"] for name in ("ant", "bee", "cat")] == [None, None, None]
    assert [lost[name]["score"] for name in ("ant", "bee", "cat")] == [0.25, 0.25, 1.0]


def test_an_unreadable_verdict_gets_one_repair_turn(bench: Bench) -> None:
    """A judge that never gives a verdict is asked twice per game, and its games are unparsed, not lost."""
    bench.server.use(Script(answers={"VERDICT": "I like both."}))
    with bench.run() as finished:
        games = list(finished.results.games())
        rows = bench.rows(finished)

    assert {game["parse"] for game in games} == {"unparsed"}
    assert {game["score_a"] for game in games} == {None}
    assert {row["score"] for row in rows} == {None}
    assert len(bench.server.requests) == 18 + 2 * 36


def test_pointwise_rates_every_answer(bench: Bench) -> None:
    """In pointwise mode each answer gets one rating on the scale."""
    with bench.run(bench.request(settings=Settings(mode="pointwise", max_tokens=64))) as finished:
        rows = bench.rows(finished)

    assert all(1 <= row["score_pointwise"] <= 10 and row["score"] == row["score_pointwise"] for row in rows)
    assert len(bench.server.requests) == 36


def test_a_cap_is_never_exceeded_and_a_larger_one_resumes(bench: Bench) -> None:
    """The server's own ledger stays below --max-cost, and the run continues with a larger cap without paying twice."""
    prices = {"*": (Decimal(1000), Decimal(1000))}
    bench.server.use(Script(usd_per_mtok=prices))
    dear = Bench(bench.folder, bench.server, bench.catalog)
    rows = {name: offer.prices[0].usd_per_mtok for name, offer in dear.catalog.offers.items()}
    assert all(rate["input"] == 1 for rate in rows.values())
    from tests.evals.conftest import catalog

    dear = Bench(bench.folder, bench.server, catalog("ant", "bee", "cat", "judge", usd="1000"))
    with dear.run(spending=Spending(Decimal("2.50"))) as finished:
        assert finished.stopped is not None
        assert bench.server.usd <= Decimal("2.50")
        some = sum(row["status"] == "ok" for row in dear.rows(finished))
    with dear.run(spending=Spending(Decimal(500))) as finished:
        assert finished.stopped is None
        assert {row["status"] for row in dear.rows(finished)} == {"ok"}

    assert some > 0
    assert all(count == 1 for count in bench.server.book.attempts.values())


def test_a_cap_with_an_unknown_price_is_refused_before_the_first_call(bench: Bench) -> None:
    """A model without a price cannot run under a cap unless it is allowed."""
    request = bench.request(candidates=("ant", "stranger"))
    with pytest.raises(InputError, match="no price is known for `stranger`"):
        bench.prepared(request, Spending(Decimal(1)))

    assert bench.prepared(request, Spending(Decimal(1), allow_unpriced=True)).unpriced == ("stranger",)


def test_a_second_process_is_refused_with_the_pid_of_the_first(bench: Bench) -> None:
    """The lock names who holds the folder."""
    import os

    folder = runfolder.create(bench.folder / "run")
    with runfolder.locked(folder), pytest.raises(Locked, match=f"process {os.getpid()}"), bench.run():
        pass


def test_rejudging_asks_no_candidate(bench: Bench) -> None:
    """The answers of a run are copied into a new one and judged by another judge; only its games are asked for."""
    with bench.run():
        pass
    asked = len(bench.server.requests)
    copied = copy_answers(RunFolder(bench.folder / "run"), bench.folder / "again")
    with bench.run(bench.request(judges=("cat",)), name="again") as finished:
        games = list(finished.results.games())

    assert copied == 18
    assert len(bench.server.requests) - asked == 36
    assert {game["judge"] for game in games} == {"cat"}


def test_no_key_reaches_any_file(bench: Bench) -> None:
    """Manifest, journal and derived files hold no key, also when the server echoes it in an error."""
    bench.server.use(Script(faults=(Fault("status", 0.3, status=400, message="bad key sk-test-key"),)))
    with bench.run() as finished:
        derive(finished)
    files = [path for path in (bench.folder / "run").iterdir() if path.is_file()]

    assert len(files) >= 5
    assert not any(b"sk-test-key" in path.read_bytes() for path in files)


def test_the_run_folder_is_private(bench: Bench) -> None:
    """The folder is 0700 and its files are 0600."""
    with bench.run() as finished:
        derive(finished)
    folder = bench.folder / "run"

    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_a_pause_of_one_endpoint_does_not_hold_the_other_up(bench: Bench) -> None:
    """While one server asks for a pause the other's answers go on."""
    from tests.fakes.provider import FakeProvider

    bench.server.use(Script(faults=(rate_limit(retry_after=1, times=1),)))
    with FakeProvider() as other:
        request = bench.request(candidates=(f"ant=ant@{bench.server.url}", f"bee=bee@{other.url}"), judges=(), base_url=None)
        path = bench.folder / "set.jsonl"
        path.write_text(path.read_text("utf-8").replace("}", ', "checks": [{"type": "contains", "value": "word"}]}'), "utf-8")
        with bench.run(request) as finished:
            rows = bench.rows(finished)
        slow = max(request.at for request in bench.server.requests) - min(request.at for request in bench.server.requests)
        fast = max(request.at for request in other.requests) - min(request.at for request in other.requests)

    assert {row["status"] for row in rows} == {"ok"}
    assert slow >= 1.0
    assert fast < 0.5


def test_a_folder_does_not_hide_a_shipped_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-p demo` is the shipped set where `make demo` left a folder `demo`; a file of the name is what was named."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo").mkdir()
    assert find_prompts("demo").name == "demo.jsonl"
    (tmp_path / "demo").rmdir()
    (tmp_path / "demo").write_text('{"prompt": "mine"}\n', "utf-8")
    assert find_prompts("demo") == Path("demo")
