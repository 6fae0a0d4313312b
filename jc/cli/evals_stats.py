"""`jc evals stats`: what existing verdicts, scores or a right/wrong matrix prove."""

import math
from pathlib import Path
from typing import Annotated

import typer

from jc.cli.options import command
from jc.cli.output import Out, terminal_width
from jc.errors import InputError


def register(app: typer.Typer) -> None:
    """Hang `stats` under `jc evals`."""
    command(app, "stats")(stats)


def stats(
    out: Out,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or JSONL of verdicts, scores, or a matrix.")],
    labels: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Labels of people on the same prompts, in the same columns.")
    ] = None,
    margin: Annotated[
        float, typer.Option(metavar="X", min=0, help="Differences below it do not matter; 0: nothing is ever equivalent.")
    ] = 0.02,
    alpha: Annotated[float, typer.Option(metavar="X", help="Chance of a false finding; intervals have 1 − X.")] = 0.05,
    draws: Annotated[int, typer.Option(metavar="N", min=0, max=100_000, help="Draws of the bootstrap.")] = 2000,
    seed: Annotated[int | None, typer.Option(metavar="N", min=0, help="Seed of everything random.")] = None,
) -> None:
    """Say which candidate is better from verdicts or scores that exist already.

    \b
    FILE has one of three shapes:
      prompt_id,a,b,score_a        a verdict a row: 1 when a won, 0.5 for a tie, 0 when b won;
                                   optional: judge, order (ab, ba), cluster, epoch, length_a, length_b
      prompt_id,candidate,score    a score a row; optional: judge, cluster, epoch
      prompt_id,model-a,model-b    a row per prompt, 1 for right and 0 for wrong; optional: cluster

    \b
    Examples:
      jc evals stats verdicts.csv
      jc evals stats verdicts.csv --labels people.csv --format json
      jc evals stats scores.jsonl --margin 0.05 --seed 7 -o stats.md
    """
    from dataclasses import replace

    from jc.evals.foreign import read_foreign
    from jc.evals.labels import FILE as LABELS
    from jc.evals.labels import read_labels, weighed
    from jc.evals.statistics.standings import standings
    from jc.evals.statistics.values import Rules
    from jc.report.evals_stats import Source, stats_document

    if not math.isfinite(margin):
        raise InputError(f"`--margin {margin:g}` is not a number", hint="for example 0.02: two points of a hundred")
    if not 0 < alpha < 1:
        raise InputError(f"`--alpha {alpha:g}` is not between 0 and 1", hint="the usual one is 0.05")
    foreign = read_foreign(file)
    labels = labels or _beside(out, file)
    people = read_foreign(labels) if labels is not None else None
    if people is not None and bool(people.games) != bool(foreign.games):
        raise InputError(
            f"`{labels}` holds {people.kind} and `{file}` {foreign.kind}: they cannot be compared",
            hint="labels have the columns of the file that they label",
        )
    rules = Rules(alpha=alpha, margin=margin or None, draws=draws, seed=out.config.get("seed", seed))
    evidence = foreign.evidence(people)
    if labels is not None and labels.name == LABELS:
        own = weighed(read_labels(labels))
        evidence = replace(evidence, label_games=own.games, label_weights=own.weights)
        if own.lacking:
            out.say(f"note: no label yet of pairs on which the judges {' or '.join(own.lacking)}: nothing is said of them")
    found = standings(evidence, rules)
    if foreign.unused:
        out.say(f"note: not used: column{'' if len(foreign.unused) == 1 else 's'} {', '.join(foreign.unused)}")
    source = Source(
        foreign.path, foreign.kind, foreign.rows, foreign.unread, foreign.unused, people.path if people is not None else None
    )
    out.emit(stats_document(source, found, terminal_width(98)))
    for note in found.notes:
        out.say(f"note: {note}")
    if people is not None and not any(card.agreement for card in found.judges):
        out.warn(f"no label in `{labels}` is about a prompt and candidates of `{file}`")


def _beside(out: Out, file: Path) -> Path | None:
    """The labels of `jc evals label` in the folder of a run's comparisons.csv."""
    path = file.parent / "labels.jsonl"
    if file.name != "comparisons.csv" or not path.is_file():
        return None
    out.say(f"note: with the labels of `{path}`")
    return path
