"""`jc route`: classify one prompt, or a file of them, choose the model, and send the request when asked to."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jc.cli.options import command
from jc.cli.output import Out, problem
from jc.errors import AnswerIsNo

if TYPE_CHECKING:
    from jc.cli.route_setup import Setup


def add_to(root: typer.Typer) -> None:
    """Hang the command under the root."""
    command(root, "route", short_help="Classify one prompt and choose its model.")(route)


def route(
    out: Out,
    prompt: Annotated[str | None, typer.Argument(metavar="PROMPT", help="What is asked; `-` reads it from stdin.")] = None,
    routes: Annotated[
        str | None, typer.Option("--routes", "-r", metavar="TABLE", help="Shipped name, file, or pin:MODEL. [default: five-way]")
    ] = None,
    body: Annotated[str | None, typer.Option(metavar="FILE", help="An OpenAI-shaped request as JSON; `-` is stdin.")] = None,
    input_: Annotated[
        str | None, typer.Option("--input", metavar="FILE", help="JSON lines with `prompt` or `messages`; `-` is stdin.")
    ] = None,
    model: Annotated[str | None, typer.Option(metavar="MODEL", help="The model that is asked for, or auto.")] = None,
    tools: Annotated[bool, typer.Option("--tools", help="The request carries tools.")] = False,
    image: Annotated[bool, typer.Option("--image", "--vision", help="The request carries an image.")] = False,
    structured_output: Annotated[bool, typer.Option("--structured-output", help="The answer must follow a schema.")] = False,
    input_tokens: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Tokens of the request. [default: counted]")
    ] = None,
    output_tokens: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Expected tokens of the answer. [default: by class]")
    ] = None,
    max_output_tokens: Annotated[int | None, typer.Option(metavar="N", min=1, help="Longest answer in tokens.")] = None,
    key: Annotated[str | None, typer.Option(metavar="KEY", help="Name of the caller's key (not the key).")] = None,
    org: Annotated[str | None, typer.Option(metavar="ORG", help="Organisation.")] = None,
    session: Annotated[str | None, typer.Option(metavar="ID", help="Session.")] = None,
    region: Annotated[str | None, typer.Option(metavar="REGION", help="Only models of this region.")] = None,
    routing: Annotated[str, typer.Option(metavar="HOW", help="auto, or explicit: the asked model answers.")] = "auto",
    swap: Annotated[bool, typer.Option("--swap", help="Opt in to a cheaper equal of the asked model.")] = False,
    previous: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Who answered last in this session (or the session's class).")
    ] = None,
    cached_tokens: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Tokens that --previous still has in its prompt cache.")
    ] = None,
    max_latency: Annotated[float | None, typer.Option(metavar="S", min=0, help="Longest expected answer in seconds.")] = None,
    max_usd: Annotated[str | None, typer.Option(metavar="USD", help="Most that this request may cost.")] = None,
    budget_left: Annotated[str | None, typer.Option(metavar="USD", help="What the key has left in its window.")] = None,
    classifier: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="Let this model classify instead of the local one, or a .weights file, or `local`."),
    ] = None,
    weights: Annotated[Path | None, typer.Option(metavar="FILE", help="Own weights for the local classifier.")] = None,
    as_of: Annotated[str | None, typer.Option(metavar="DATE", help="Prices and removals of that day (UTC).")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Print every step and who was left out.")] = False,
    send: Annotated[bool, typer.Option("--send", help="Send the request; the answer streams to stdout.")] = False,
    base_url: Annotated[str | None, typer.Option(metavar="URL", help="Send to this OpenAI-compatible server.")] = None,
    timeout: Annotated[float | None, typer.Option(metavar="S", min=0.1, help="Seconds for one model to answer.")] = None,
    log: Annotated[Path | None, typer.Option(metavar="FILE", help="With --send: append a traffic-log line.")] = None,
) -> None:
    """Choose the model for a request: its id on stdout, the story on stderr. Local: no key, no network.

    Only --send and a model as classifier use the network. Facts (tools, images, a schema, the model asked for) are read off
    the body itself with --body.

    \b
    Examples:
      jc route "Prove that sqrt(2) is irrational"
      model=$(jc route "$PROMPT")
      jc route --explain --routes auto "Summarise this contract in five bullet points"
      jc route --body - < request.json
      jc route --input prompts.jsonl --output decisions.jsonl
      jc route --send --log traffic.jsonl "Write a haiku about rain"
    """
    from jc.cli import route_setup as setting_up

    if routing not in {"auto", "explicit"}:
        raise problem(f"`--routing {routing}`: no such choice", hint="auto or explicit")
    if send and input_ is not None:
        raise problem("`--send` and `--input` exclude each other", hint="send one request at a time")
    if log is not None and not send:
        raise problem("`--log` without `--send`: nothing was sent that could be logged", hint="add --send, or leave --log out")
    flags = setting_up.flags_of(
        model=model, tools=tools, images=int(image), structured_output=structured_output, input_tokens=input_tokens,
        output_tokens=output_tokens, max_output_tokens=max_output_tokens, key=key, org=org, session=session, region=region,
        routing=routing, swap_opt_in=swap, previous=previous, cached_input_tokens=cached_tokens, max_latency_s=max_latency,
        max_usd=("--max-usd", max_usd), budget_left_usd=("--budget-left", budget_left),
    )  # fmt: skip
    setup = setting_up.Setup(out, flags, routes, weights, classifier, as_of, base_url, timeout)
    if input_ is not None:
        from jc.cli.route_input import batch

        batch(setup, input_)
        return
    incoming = setting_up.incoming_of(prompt, body)
    if send:
        from jc.cli.route_send import send_one

        send_one(setup, incoming, log, explain=explain)
        return
    _one(setup, incoming, explain=explain)


def _one(setup: "Setup", incoming: dict[str, Any], *, explain: bool) -> None:
    from jc.cli.route_setup import terminal_width
    from jc.report.decision import decision_document, story

    out = setup.out
    decided = setup.decide(incoming)
    decision = decided.decision
    if decision.model is None and out.format == "table" and not explain:
        why = decision.reasons[-1].why if decision.reasons else decision.refused
        raise AnswerIsNo(f"no model may answer: {why}", hint="see every step with `--explain`")
    out.emit(decision_document(decision, explain=explain, width=terminal_width()))
    if out.verbose or sys.stderr.isatty():
        out.say(story(decision, decided.took_ms))
    if decision.model is None:
        raise AnswerIsNo("")
