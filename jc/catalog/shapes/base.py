"""What all shapes share: strict types that read values as they were written."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from jc.catalog.windows import span

SCHEMA_VERSION = 1


def number(value: object) -> Decimal:
    """A number as written; text, `true` and everything else is refused, so that `"2.50"` and `$2.50` are found."""
    if type(value) is Decimal:
        return value
    if type(value) is int:
        return Decimal(value)
    raise PydanticCustomError("number_type", "expected a number, without quotes, sign of currency or thousands separator")


def _date(value: object) -> date:
    """A calendar date as ISO text, `2026-06-30`."""
    if type(value) is str and len(value) == 10 and value[4] == value[7] == "-":
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise PydanticCustomError("date_value", "there is no such day") from None
    raise PydanticCustomError("date_type", "expected a date, like 2026-06-30")


def text(value: object) -> str:
    """Text of at least one character."""
    if type(value) is str and value:
        return value
    raise PydanticCustomError("text_type", "expected text, not empty")


def whole(value: object) -> int:
    """A whole number of at least one."""
    if type(value) is int and value > 0:
        return value
    raise PydanticCustomError("whole_type", "expected a whole number above zero")


def _window(value: object) -> str:
    """A window of the day, `01:00-04:00`."""
    if type(value) is str:
        try:
            span(value)
        except ValueError:
            pass
        else:
            return value
    raise PydanticCustomError("window_type", "expected a window")


def scalar(value: object) -> object:
    """Text, a number, true, false or null."""
    if value is None or type(value) in {str, int, bool, Decimal}:
        return value
    raise PydanticCustomError("scalar_type", "expected text, a number, true, false or null")


def _version(value: object) -> int:
    """A version of the file shapes that this `jc` knows."""
    if type(value) is int and value == SCHEMA_VERSION:
        return value
    raise PydanticCustomError("schema_version", "unknown schema version")


Number = Annotated[Decimal, PlainValidator(number), WithJsonSchema({"type": "number"})]
Day = Annotated[date, PlainValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
Text = Annotated[str, PlainValidator(text), WithJsonSchema({"type": "string", "minLength": 1})]
Whole = Annotated[int, PlainValidator(whole), WithJsonSchema({"type": "integer", "minimum": 1})]
WindowText = Annotated[
    str,
    PlainValidator(_window),
    WithJsonSchema({"type": "string", "format": "utc-window", "pattern": "^[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$"}),
]
Scalar = Annotated[Any, PlainValidator(scalar), WithJsonSchema({"type": ["string", "number", "boolean", "null"]})]
Modality = Literal["text", "image", "audio", "video", "pdf", "embedding", "scores"]
Version = Annotated[
    int,
    PlainValidator(_version),
    WithJsonSchema({"const": SCHEMA_VERSION}),
    Field(description="version of the shape of this file"),
]
WeekDay = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Regions = Literal["same", "any"] | list[Text]


def text_only() -> list[Modality]:
    """The modalities of what says nothing about them."""
    return ["text"]


class Shape(BaseModel):
    """The base of all shapes: an unknown key is an error, a `yes` is no boolean, a quoted number is no number."""

    model_config = ConfigDict(extra="forbid", strict=True, protected_namespaces=(), defer_build=True)
