"""Values of the options of `jc evals`, with an error for each that cannot be read."""

import math
import os
import re
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from jc.cli.output import problem
from jc.errors import InputError, Problem


def one_of(option: str, value: str, choices: tuple[str, ...]) -> Any:
    if value not in choices:
        raise problem(f"`{option} {value}`: no such choice", hint=f"one of {', '.join(choices)}")
    return value


def finite(option: str, value: float | None) -> float | None:
    """The number, when it is one: `nan` and `inf` are numbers to a parser and to nobody else."""
    if value is not None and not math.isfinite(value):
        raise problem(f"`{option} {value}`: not a finite number", hint="for example 0.7")
    return value


def url_of(text: str | None) -> str | None:
    """The address, when it is one that can be called."""
    if text is not None and re.match(r"https?://[^/]*@", text):
        raise problem("`--base-url` holds a user or a password", hint="put the key into the variable of `--api-key-env`")
    if text is not None and not re.match(r"https?://[^\s/]+", text):
        raise problem(f"`--base-url {text}`: not an http address", hint="for example `--base-url http://127.0.0.1:8000/v1`")
    return text


def scale_of(text: str) -> tuple[float, float]:
    try:
        low, high = (float(part) for part in text.split("-"))
    except ValueError:
        raise problem(f"`--scale {text}`: not a scale", hint="for example 1-10") from None
    if low >= high:
        raise problem(f"`--scale {text}`: the low end is not below the high end", hint="for example 1-10")
    return low, high


def usd_of(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        value = Decimal(str(text).lstrip("$"))
    except InvalidOperation:
        value = Decimal(-1)
    if not value.is_finite() or value <= 0:
        raise problem(f"`--max-cost {text}`: not an amount of USD", hint="for example `--max-cost 2.50`")
    return value


def judge_template_of(path: Path | None, verdict_regex: str | None, verdict_map: str | None, rating_regex: str | None) -> Any:
    from jc.evals.judge import load_template

    if path is None:
        if verdict_regex or verdict_map or rating_regex:
            raise problem("`--verdict-regex`, `--verdict-map` and `--rating-regex` belong to `--judge-template`", hint="add it")
        return None
    return load_template(path, verdict_regex, verdict_map, rating_regex)


def environment_of(env_file: Path | None) -> dict[str, str]:
    """The environment, with what `--env-file` adds; a variable that is set already wins."""
    found: dict[str, str] = {}
    if env_file is not None:
        try:
            lines = env_file.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot read `{env_file}`: {error}") from error
        problems = []
        for number, line in enumerate(lines, 1):
            text = line.strip().removeprefix("export ")
            name, found_sign, value = text.partition("=")
            if not text or text.startswith("#"):
                continue
            if not found_sign or not name.strip().isidentifier():
                problems.append(Problem(f"`{env_file}` line {number} is not NAME=value"))
                continue
            found[name.strip()] = value.strip().strip("'\"")
        if problems:
            raise InputError.of(problems)
    return {**found, **os.environ}
