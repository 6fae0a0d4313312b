"""A foreign JSON file as a plain tree whose numbers are exact: Decimal from the text as written, never through a float."""

import json
from decimal import Context, Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NoReturn

from jc.errors import InputError, IoFailure

MAX_BYTES = 200_000_000
_EXACT = Context(prec=400)
_DIGITS, _SIZE = 60, 40
"""A number with more digits, or further from 1 than 10^40, is no price; written out it could fill a disk."""


def read_json(path: Path) -> Any:
    """The tree of a JSON file; InputError when it is none, is too large, or holds NaN or Infinity."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"`{path}` has more than {MAX_BYTES:,} bytes", hint="that is no model list")
        raw = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"no file `{path}`", hint="name the file to read") from None
    except IsADirectoryError:
        raise InputError(f"`{path}` is a folder", hint="name the JSON file in it") from None
    except OSError as error:
        raise IoFailure(f"cannot read `{path}`: {error.strerror}") from error
    return parse_json(raw, str(path))


def parse_json(raw: bytes, name: str) -> Any:
    """The tree of JSON bytes; errors as `read_json`."""
    try:
        return json.loads(raw.decode("utf-8-sig"), parse_float=_decimal, parse_constant=_refused)
    except UnicodeDecodeError as error:
        raise InputError(f"`{name}` is not UTF-8: byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise InputError(f"`{name}`:{error.lineno}:{error.colno}: not JSON: {error.msg}") from error
    except ValueError as error:
        raise InputError(f"`{name}`: {error}") from error
    except RecursionError:
        raise InputError(f"`{name}` is nested too deeply") from None


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"`{text[:40]}` is no number that can be held") from None


def _refused(text: str) -> NoReturn:
    raise ValueError(f"`{text}` is no number")


def number(value: object) -> Decimal | None:
    """A number or the text of one as Decimal; None when it is none, or none that a price can be."""
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        return None
    try:
        found = _EXACT.create_decimal(value.strip() if isinstance(value, str) else value)
    except (ArithmeticError, ValueError):
        return None
    if not found.is_finite() or len(found.as_tuple().digits) > _DIGITS or (found and abs(found.adjusted()) > _SIZE):
        return None
    return found


def whole(value: object) -> int | None:
    """A whole number of at least one (`256000`, `256000.0`); None for everything else."""
    found = number(value) if not isinstance(value, str) else None
    return int(found) if found is not None and found >= 1 and found == found.to_integral_value() else None


def scaled(usd: Decimal, power: int) -> Decimal:
    """`usd` × 10^power, exact, in the plainest form of the same number."""
    return plain(usd.scaleb(power, _EXACT))


def plain(usd: Decimal) -> Decimal:
    """The same number without trailing zeros and without an exponent above zero."""
    out = usd.normalize(_EXACT)
    exponent = out.as_tuple().exponent
    return out.quantize(Decimal(1), context=_EXACT) if isinstance(exponent, int) and exponent > 0 else out
