"""`jc classifier train`: weights from the shipped rows and your own, and how much those brought."""

import importlib.util
import re
from pathlib import Path
from typing import Annotated

import typer

from jc.cli.options import command
from jc.cli.output import Out, problem
from jc.errors import InputError, IoFailure


def register(app: typer.Typer) -> None:
    """Hang `train` under `jc classifier`."""
    command(app, "train")(train)


def train(
    out: Out,
    labels: Annotated[
        Path | None,
        typer.Argument(metavar="LABELS", help="JSON lines with `prompt` and `label`. [default: the shipped rows alone]"),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the weights: my.weights.")] = None,
    outcomes: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Instead: learn each model's quality from rows of outcomes.")
    ] = None,
    data: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the shipped rows.")] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Seed of folds and intervals of --outcomes.")] = 0,
) -> None:
    """Train the classifier on the shipped rows and yours, which weigh more; accuracy on yours by cross-validation.

    Needs scikit-learn: `pip install 'jc[train]'`. The weights themselves need no library. The same rows give the same file.
    With --outcomes a router is learned from what every model made of every prompt, and its saving is told, held out.

    \b
    Examples:
      jc classifier train labels.jsonl --output my.weights
      jc route --weights my.weights "Where is my refund?"
      jc classifier train --outcomes outcomes.jsonl
    """
    if importlib.util.find_spec("sklearn") is None:
        raise InputError("training needs scikit-learn, which is not installed", hint="pip install 'jc[train]'")
    if outcomes is not None:
        from jc.cli.classifier_outcomes import train_outcomes

        if labels is not None or output is not None:
            raise problem("`--outcomes` takes neither LABELS nor `--output`", hint="use `--format json > learned.json`")
        train_outcomes(out, outcomes, seed)
        return
    from jc.files import check_writable, write_atomically
    from jc.report.classifier import score_document
    from jc.report.classifier_training import improved_document
    from jc.routing.classify import Classifier, classifier
    from jc.routing.labelled import latency_ms
    from jc.routing.rows import read_labels, shipped_rows
    from jc.routing.train import improve
    from jc.routing.train import train as train_shipped

    if output is not None:
        if output.suffix != ".weights":
            raise problem(f"`--output {output}`: weights end in .weights", hint="for example `--output my.weights`")
        check_writable(output)
    own = read_labels(labels) if labels is not None else []
    shipped = shipped_rows(data)
    out.say(f"{len(shipped):,} shipped rows, {len(own):,} own ones")
    if labels is not None:
        improved = improve(shipped, own, classifier())
        weights, document = improved.weights, improved_document(improved, len(own), str(output or ""))
    else:
        trained = train_shipped(shipped)
        weights = trained.weights
        document = score_document(trained.held_out, latency_ms(shipped[:2000], Classifier(weights)), None)
    if output is not None:
        write_atomically(output, weights.to_bytes())
    out.emit(document)


def write_threshold(path: Path, threshold: float) -> None:
    """Put a threshold into a route table, everything else as it was; InputError when it is not a table afterwards."""
    from jc.files import write_atomically
    from jc.routing.table import read_table

    read_table(path)
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise IoFailure(f"cannot read `{path}`: {error.strerror}") from error
    line = f"threshold: {threshold:g}"
    changed, count = re.subn(r"(?m)^threshold:[^\n#]*?(?=\s*(?:#|$))", line, text, count=1)
    if not count:
        changed, count = re.subn(r"(?m)^(routes:)", f"{line}\n\\1", text, count=1)
    if not count:
        raise InputError(f"`{path}` has no line `routes:` to write before", hint=f"write `{line}` yourself")
    write_atomically(path, changed)
    read_table(path)
