"""`jc classifier`: how good is the classifier on your labelled prompts, and make it better."""

from pathlib import Path
from typing import Annotated

import typer

from jc.cli.amounts import share
from jc.cli.classifier_tables import router_of
from jc.cli.options import command, new_app
from jc.cli.output import Out, problem
from jc.errors import AnswerIsNo

app = new_app(
    """How good is the prompt classifier on your labelled prompts, and make it better.

\b
Examples:
  jc classifier score labels.jsonl --min-accuracy 0.9
  jc classifier train labels.jsonl --output my.weights
  jc classifier calibrate labels.jsonl --target-accuracy 0.95
"""
)

FEW_LABELS = 50
"""With fewer labels a threshold rests on a handful of mistakes."""

Labels = Annotated[Path, typer.Argument(metavar="LABELS", help="JSON lines with `prompt` (or `messages`) and `label`.")]
OwnWeights = Annotated[Path | None, typer.Option("--weights", metavar="FILE", help="Own weights instead of the shipped ones.")]
Routes = Annotated[str | None, typer.Option("--routes", "-r", metavar="TABLE", help="Shipped name, file, or pin:MODEL.")]


def add_to(root: typer.Typer) -> None:
    """Hang the commands under the root."""
    from jc.cli import classifier_train

    classifier_train.register(app)
    root.add_typer(app, name="classifier", short_help="Score, train and calibrate the prompt classifier.")


@command(app, "score")
def score(
    out: Out,
    labels: Annotated[
        Path | None, typer.Argument(metavar="LABELS", help="JSON lines with `prompt` (or `messages`) and `label`.")
    ] = None,
    routes: Routes = None,
    weights: OwnWeights = None,
    min_accuracy: Annotated[str | None, typer.Option(metavar="X", help="Exit 1 below this share right, as 0.9.")] = None,
    outcomes: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Instead: rows prompt_id, prompt, model, quality, usd of every model.")
    ] = None,
) -> None:
    """Classify labelled prompts and count: accuracy, each class, confusion, calibration, latency, cost of the mistakes.

    Label a sample of your own traffic: simple (greetings, FAQ, short facts), general (writing, analysis), reasoning (math,
    logic), code, agent (tools, live data, several steps). With --outcomes the file says what every model made of every prompt,
    and the route table is measured by quality and cost.

    \b
    Examples:
      jc classifier score labels.jsonl
      jc classifier score labels.jsonl -r five-way --min-accuracy 0.9
      jc classifier score --outcomes outcomes.jsonl --routes my-routes.yaml
    """
    if (labels is None) == (outcomes is None):
        raise problem("score needs one file: LABELS, or `--outcomes FILE`", hint="jc classifier score labels.jsonl")
    if outcomes is not None:
        from jc.cli.classifier_outcomes import score_outcomes

        if min_accuracy is not None:
            raise problem("`--min-accuracy` is for labels, not for outcomes", hint="leave it out")
        score_outcomes(out, outcomes, routes, weights)
        return
    assert labels is not None
    from jc.report.classifier import score_document
    from jc.routing.classify import classifier
    from jc.routing.evaluate import scored
    from jc.routing.labelled import answers_of, latency_ms, mistake_cost, requests_of
    from jc.routing.rows import read_labels

    least = _accuracy("--min-accuracy", min_accuracy)
    own = weights
    router = None
    if routes is not None:
        router, own = router_of(out, routes, weights)
    rows = read_labels(labels)
    local = classifier(own)
    requests = requests_of(rows, local)
    found = scored(answers_of(rows, requests))
    cost = mistake_cost(rows, requests, router) if router is not None else None
    out.emit(score_document(found, latency_ms(rows, local), cost))
    if least is not None and found.accuracy < least:
        hint = f"learn from these rows: `jc classifier train {labels} --output my.weights`"
        raise AnswerIsNo(f"accuracy {found.accuracy:.4f} is below {least:g}", hint=hint)


@command(app, "test")
def gate(out: Out, golden: Labels, weights: OwnWeights = None) -> None:
    """Check that each prompt of a golden file goes to its class: a gate for CI, exit 1 and the list of misses.

    A row may carry `messages`, `tools` or `previous` (the class of its session): a follow-up such as "commit it" keeps it.

    \b
    Examples:
      jc classifier test golden.jsonl
      jc classifier test golden.jsonl --weights my.weights --format json
    """
    from jc.report.classifier import golden_document
    from jc.routing.classify import classifier
    from jc.routing.labelled import requests_of
    from jc.routing.rows import read_labels

    rows = read_labels(golden)
    found = [request.route_class or "" for request in requests_of(rows, classifier(weights))]
    out.emit(golden_document(rows, found, str(golden)))
    missed = sum(name != row.label for name, row in zip(found, rows, strict=True))
    if missed:
        raise AnswerIsNo(f"{missed:,} of {len(rows):,} prompts go to another class")


@command(app, "calibrate")
def calibrate(
    out: Out,
    labels: Labels,
    target_accuracy: Annotated[
        str | None, typer.Option(metavar="X", help="Share right among those believed. [default: 0.94]")
    ] = None,
    target_usd: Annotated[
        float | None, typer.Option(metavar="USD", min=0, help="Instead: most that 1,000 requests may cost under --routes.")
    ] = None,
    routes: Routes = None,
    weights: OwnWeights = None,
    write: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the threshold into this route table.")] = None,
) -> None:
    """Find the confidence below which a prompt shall go to the table's default: for an accuracy, or for a cost.

    A route's own `min_confidence` outranks the threshold; the last line says what each class alone would need.

    \b
    Examples:
      jc classifier calibrate labels.jsonl --target-accuracy 0.95
      jc classifier calibrate labels.jsonl --target-usd 0.60 -r my-routes.yaml --write my-routes.yaml
    """
    from jc.quantities import counted
    from jc.report.classifier_training import calibration_document
    from jc.routing.calibrate import STEPS, Level, level, lowest_by_class, lowest_for_accuracy, usd_at
    from jc.routing.classify import classifier
    from jc.routing.labelled import answers_of, requests_of
    from jc.routing.rows import read_labels

    if target_accuracy is not None and target_usd is not None:
        raise problem("`--target-accuracy` and `--target-usd` exclude each other", hint="leave one out")
    accuracy = _accuracy("--target-accuracy", target_accuracy or "0.94") or 0.94
    own, router = weights, None
    if routes is not None or target_usd is not None:
        router, own = router_of(out, routes, weights)
    rows = read_labels(labels)
    requests = requests_of(rows, classifier(own))
    answers = answers_of(rows, requests)
    default = router.prepared.table.default if router else "general"

    def at(threshold: float) -> Level:
        usd = usd_at(rows, requests, router, threshold) if router else None
        return level(answers, threshold, default, usd)

    levels = [at(threshold) for threshold in STEPS]
    chosen: Level | None
    if target_usd is None:
        lowest = lowest_for_accuracy(answers, accuracy)
        chosen = None if lowest is None else at(lowest)
        wanted = f"{accuracy * 100:g} % right among those believed"
    else:
        cheap = [one for one in levels if one.usd is not None and float(one.usd) * 1000 <= target_usd]
        chosen = max(cheap, key=lambda one: (one.routed_accuracy, -one.threshold), default=None)
        wanted = f"at most ${target_usd:g} for 1,000 requests"
    if chosen is not None and chosen not in levels:
        levels = sorted([*levels, chosen], key=lambda one: one.threshold)
    by_class = lowest_by_class(answers, accuracy)
    out.emit(calibration_document(levels, chosen, by_class, wanted, len(rows)))
    if len(rows) < FEW_LABELS:
        out.warn(f"{counted(len(rows), 'label')} say little about a threshold: label {FEW_LABELS} or more")
    if chosen is None:
        raise AnswerIsNo(f"no threshold gives {wanted}", hint="ask for less, or train: `jc classifier train`")
    if write is not None:
        from jc.cli.classifier_train import write_threshold

        write_threshold(write, chosen.threshold)
        out.say(f"Wrote `threshold: {chosen.threshold:g}` into `{write}`.")


def _accuracy(flag: str, text: str | None) -> float | None:
    value = share(flag, text)
    if value is not None and not 0 <= value <= 1:
        raise problem(f"`{flag} {text}`: a share lies between 0 and 1", hint=f"for example `{flag} 0.9`")
    return value
