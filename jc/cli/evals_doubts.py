"""What of a run a reader must doubt: failed, unusable and missing answers, verdicts that could not be read, wrong keys."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jc.cli.output import Out
from jc.sanitise import clip

if TYPE_CHECKING:
    from jc.evals.run import Finished
    from jc.evals.runfolder import RunFolder

_UNREAD = frozenset({"unparsed", "conflict", "off_menu"})
_NOT_RUN = frozenset({"not_run", "stopped", "budget", "not_recorded"})
# Above this share of unreadable verdicts the ranking rests on what is left over.
MOST_UNREAD = 0.05
LEAST_COVERAGE = 0.98


def tell_doubts(out: Out, finished: "Finished", summary: Mapping[str, Any], unpriced: tuple[str, ...]) -> None:
    """Say it all as warnings, which `--quiet` does not hide."""
    from jc.report.evals_probes import unreliable_line

    if unpriced:
        out.say(f"note: what {', '.join(f'`{name}`' for name in unpriced)} cost nobody knows here: it is left out, not zero")
    if summary["unreliable"]:
        out.warn(unreliable_line(summary))
    _unusable(out, summary)
    _unread(out, finished)
    for name, why in finished.given_up.items():
        out.warn(f"{name} was given up: {why}")
    _failed(out, finished)


def tell_missing(out: Out, folder: "RunFolder", summary: Mapping[str, Any]) -> None:
    """Repeat what the run itself said was missing: answers by name and reason, verdicts by number, and the mark."""
    from jc.report.evals_probes import unreliable_line
    from jc.report.run_document import missing_rows

    if line := unreliable_line(summary):
        out.warn(line)
    _unusable(out, {"stopping": None, **summary})
    rows = missing_rows(folder) if summary["missing"] else []
    for row in rows[:5]:
        out.warn(f"no answer of {row['candidate']} to prompt `{row['prompt_id']}`: {row['error_message'] or row['error_type']}")
    if len(rows) > 5:
        out.warn(f"and {len(rows) - 5:,} more answers are missing; they are in the results with their `error_type`")
    verdicts = summary.get("missing_verdicts") or 0
    if verdicts:
        out.warn(f"{verdicts:,} verdicts are missing")
    if rows or verdicts:
        out.hint(f"ask for them with `jc evals resume {folder.path}`")


def _unusable(out: Out, summary: Mapping[str, Any]) -> None:
    states: Counter[str] = Counter()
    for row in summary["candidates"]:
        states.update({name: count for name, count in row["statuses"].items() if name not in {"ok", "error"}})
    if states:
        shown = ", ".join(f"{count:,} {name}" for name, count in sorted(states.items()))
        count = sum(states.values())
        out.warn(f"{count:,} of {summary['answers']:,} answers cannot be compared: {shown}; `--on-refusal` decides")
    standings = summary["standings"]
    if standings and not summary["stopping"] and standings["common_prompts"] < LEAST_COVERAGE * standings["prompts"]:
        out.warn(f"{standings['common_prompts']:,} of {standings['prompts']:,} prompts have a score for every candidate")


def _unread(out: Out, finished: "Finished") -> None:
    plan = finished.results.plan
    for number, party in enumerate(plan.judges):
        records = [
            (note.records[-1], note.parse in _UNREAD)
            for game, note in finished.results.pipeline.games.each()
            if game.judge == number and note.records
        ]
        bad = [record for record, unread in records if unread]
        if records and len(bad) > MOST_UNREAD * len(records):
            asked = finished.results.asker.read(bad[0])
            said = clip(asked.reply.text, 60) if asked else ""
            out.warn(
                f"{len(bad):,} of {len(records):,} replies of judge `{party.name}` could not be read, the first ends “{said}”"
            )


def unread_share(finished: "Finished") -> float:
    """The share of the judges' replies that could not be read."""
    read = [
        note.parse not in _UNREAD for _, note in finished.results.pipeline.games.each() if note.records and note.failure is None
    ]
    return read.count(False) / len(read) if read else 0.0


def _failed(out: Out, finished: "Finished") -> None:
    """The first failed answers by name, how many more, what was not run, and the key that was refused."""
    pipeline, plan = finished.results.pipeline, finished.results.plan
    failed = [(slot, note.failure) for slot, note in sorted(pipeline.answers.items()) if note.failure]
    real = [(slot, failure) for slot, failure in failed if failure.kind not in _NOT_RUN]
    for slot, failure in real[:5]:
        candidate, prompt = plan.candidates[slot.candidate].name, plan.evalset.cases[slot.case].id
        out.warn(f"no answer of {candidate} to prompt `{prompt}`: {failure.message}")
    if len(real) > 5:
        out.warn(f"and {len(real) - 5:,} more answers failed; they are in the results with their `error_type`")
    unrun = pipeline.expected - len(pipeline.answers) + len(failed) - len(real)
    if unrun:
        out.warn(f"{unrun:,} answers were not asked for")
    if finished.stopped:
        from jc.evals.missing import missing_verdicts

        unasked = missing_verdicts(finished) - sum(1 for _, note in pipeline.games.each() if note.failure)
        out.warn(f"{unasked:,} verdicts were not asked for")
    unjudged = [note.failure for _, note in pipeline.games.each() if note.failure]
    if unjudged:
        out.warn(f"{len(unjudged):,} verdicts failed, the first: {unjudged[0].message}")
    if any(failure.kind == "auth" for _slot, failure in failed) or any(failure.kind == "auth" for failure in unjudged):
        keyless = any(party.endpoint.key is None for party in (*plan.candidates, *plan.judges))
        out.hint("no key was sent: set `JC_API_KEY`, or the provider's variable" if keyless else "the server refused the key")
