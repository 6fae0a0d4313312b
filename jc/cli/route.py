"""`jc route`: classify one prompt, or a file of them, and choose the model."""

import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jc.cli.options import command
from jc.cli.output import Out, problem
from jc.errors import AnswerIsNo, InputError, Problem, Where

if TYPE_CHECKING:
    from jc.routing.classify import Classifier
    from jc.routing.decide import Router
    from jc.routing.incoming import Flags

_BODY = 'for example {"messages": [{"role": "user", "content": "Hi"}]}'


def add_to(root: typer.Typer) -> None:
    """Hang the command under the root."""
    command(root, "route")(route)


def route(
    out: Out,
    prompt: Annotated[str | None, typer.Argument(metavar="PROMPT", help="What is asked; `-` reads it from stdin.")] = None,
    routes: Annotated[
        str | None, typer.Option("--routes", "-r", metavar="TABLE", help="Shipped name, file, or pin:MODEL. [five-way]")
    ] = None,
    body: Annotated[str | None, typer.Option(metavar="FILE", help="An OpenAI-shaped request as JSON; `-` is stdin.")] = None,
    input_: Annotated[
        Path | None, typer.Option("--input", metavar="FILE", help="JSON lines with `prompt` or `messages`.")
    ] = None,
    model: Annotated[str | None, typer.Option(metavar="MODEL", help="The model that is asked for, or auto.")] = None,
    tools: Annotated[bool, typer.Option("--tools", help="The request carries tools.")] = False,
    image: Annotated[bool, typer.Option("--image", "--vision", help="The request carries an image.")] = False,
    structured_output: Annotated[bool, typer.Option("--structured-output", help="The answer must follow a schema.")] = False,
    max_output_tokens: Annotated[int | None, typer.Option(metavar="N", min=1, help="Longest answer in tokens.")] = None,
    key: Annotated[str | None, typer.Option(metavar="KEY", help="Name of the caller's key (not the key).")] = None,
    org: Annotated[str | None, typer.Option(metavar="ORG", help="Organisation.")] = None,
    session: Annotated[str | None, typer.Option(metavar="ID", help="Session.")] = None,
    region: Annotated[str | None, typer.Option(metavar="REGION", help="Only models of this region.")] = None,
    routing: Annotated[str, typer.Option(metavar="HOW", help="auto, or explicit: the asked model answers.")] = "auto",
    swap: Annotated[bool, typer.Option("--swap", help="Opt in to a cheaper equal of the asked model.")] = False,
    previous: Annotated[str | None, typer.Option(metavar="MODEL", help="Who answered last in this session.")] = None,
    max_latency: Annotated[float | None, typer.Option(metavar="S", min=0, help="Longest expected answer in seconds.")] = None,
    max_usd: Annotated[str | None, typer.Option(metavar="USD", help="Most that this request may cost.")] = None,
    weights: Annotated[Path | None, typer.Option(metavar="FILE", help="Own classifier weights.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Print every step and who was left out.")] = False,
) -> None:
    """Choose the model for a request: its id on stdout, the story on stderr. Local: no key, no network.

    \b
    Examples:
      jc route "Prove that sqrt(2) is irrational"
      model=$(jc route "$PROMPT")
      jc route --explain --routes auto "Summarise this contract in five bullet points"
      jc route --body - < request.json
      jc route --input prompts.jsonl --output decisions.jsonl
    """
    from jc.catalog.load import cached_catalog
    from jc.routing.classify import classifier
    from jc.routing.decide import Router
    from jc.routing.incoming import Flags
    from jc.routing.prepared import prepare
    from jc.routing.table import load_table

    if routing not in {"auto", "explicit"}:
        raise problem(f"`--routing {routing}`: no such choice", hint="auto or explicit")
    catalog = cached_catalog(out.catalog)
    table = load_table(out.config.get("routes", routes) or "five-way", catalog)
    router = Router(prepare(table, catalog, datetime.now(UTC)))
    flags = Flags(
        model=model, tools=tools, images=int(image), structured_output=structured_output, max_output_tokens=max_output_tokens,
        key=key, org=org, session=session, region=region, swap_opt_in=swap,
        routing="explicit" if routing == "explicit" else "auto",
        previous=previous, max_latency_s=max_latency, max_usd=_usd(max_usd),
    )  # fmt: skip
    chosen = classifier(weights)
    if input_ is not None:
        _batch(out, input_, router, flags, chosen)
        return
    _one(out, _incoming(prompt, body), (router, flags, chosen), explain=explain)


def _one(out: Out, incoming: dict[str, Any], how: "tuple[Router, Flags, Classifier]", *, explain: bool) -> None:
    from jc.report.decision import decision_document, story
    from jc.routing.incoming import request_of
    from jc.routing.table import needs_language

    router, flags, chosen = how
    started = time.perf_counter()
    request = request_of(incoming, flags, chosen, languages=needs_language(router.prepared.table))
    decision = router.decide(request)
    took = (time.perf_counter() - started) * 1e3
    if decision.model is None and out.format == "table" and not explain:
        why = decision.reasons[-1].why if decision.reasons else decision.refused
        raise AnswerIsNo(f"no model may answer: {why}", hint="see every step with `--explain`")
    out.emit(decision_document(decision, explain=explain))
    if out.verbose or sys.stderr.isatty():
        out.say(story(decision, took))
    if decision.model is None:
        raise AnswerIsNo("")


def _incoming(prompt: str | None, body: str | None) -> dict[str, Any]:
    """The request as a body, from an argument, a file or stdin."""
    if body is not None:
        raw = sys.stdin.buffer.read() if body == "-" else _read(Path(body))
        try:
            data = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise InputError(
                f"`--body {body}` is not JSON: {error}", hint='for example {"messages": [{"role": "user", …}]}'
            ) from error
        if not isinstance(data, dict):
            raise InputError(f"`--body {body}` is not a JSON object", hint=_BODY)
        return data
    if prompt is None:
        raise problem("no prompt", hint='jc route "What is the capital of France?", or `--body -`, or `--input FILE`')
    text = sys.stdin.buffer.read().decode("utf-8", "replace") if prompt == "-" else prompt
    return {"prompt": text}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read `{path}`: {error.strerror}") from error


def _batch(out: Out, path: Path, router: "Router", flags: "Flags", chosen: "Classifier") -> None:
    """Decide a file line by line; bad lines are named at the end, the good ones are decided."""
    from contextlib import ExitStack

    from jc.files import replacing
    from jc.report.decision import compact
    from jc.routing.incoming import request_of
    from jc.routing.table import needs_language

    languages = needs_language(router.prepared.table)
    problems: list[Problem] = []
    count = 0
    with ExitStack() as stack:
        sinks = [stack.enter_context(replacing(file)) for file in out.files] or [sys.stdout]
        for number, incoming in _lines(path, problems):
            decision = router.decide(request_of(incoming, flags, chosen, languages=languages))
            line = json.dumps({"id": incoming.get("id", number), **compact(decision)}, ensure_ascii=False) + "\n"
            for sink in sinks:
                sink.write(line)
            count += 1
    out.say(f"{count:,} decided, {len(problems):,} lines could not be read")
    if problems:
        raise InputError.of(problems[:20], f"{len(problems):,} lines of `{path}` could not be read")


def _lines(path: Path, problems: list[Problem]) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with path.open("rb") as source:
            for number, raw in enumerate(source, 1):
                if not raw.strip():
                    continue
                try:
                    data = json.loads(raw)
                except (ValueError, RecursionError) as error:
                    problems.append(Problem(f"not JSON: {error}", Where(str(path), number)))
                    continue
                if isinstance(data, str):
                    data = {"prompt": data}
                if not isinstance(data, dict) or not isinstance(data.get("prompt", data.get("messages")), (str, list)):
                    problems.append(Problem("neither `prompt` nor `messages`", Where(str(path), number)))
                    continue
                yield number, data
    except OSError as error:
        raise InputError(f"cannot read `{path}`: {error.strerror}") from error


def _usd(text: str | None) -> Decimal | None:
    try:
        value = None if text is None else Decimal(text.lstrip("$"))
    except InvalidOperation:
        value = Decimal(-1)
    if value is not None and (not value.is_finite() or value < 0):
        raise problem(f"`--max-usd {text}`: not an amount of USD", hint="for example `--max-usd 0.01`")
    return value
