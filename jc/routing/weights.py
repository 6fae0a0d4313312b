"""The classifier's weights in one small file: int8 per feature and class, read in about a millisecond without a library.

The file is a line of magic, a line of JSON (classes, scales, biases, thresholds, how it was made), one plane of bytes per class
and a CRC. In memory three classes share one 64-bit integer per feature, so that scoring a prompt is two sums of integers: exact,
and the same on every platform.
"""

import json
import sys
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from jc.errors import InputError, IoFailure
from jc.routing.classes import ROUTE_CLASSES

if TYPE_CHECKING:
    from jc.catalog.model import RouteTable

MAGIC: Final = b"jc-classifier-weights 1\n"
FEATURES_VERSION: Final = 2
"""Raised when `features` gives other numbers for the same text: weights of another version are refused."""
SHIPPED: Final = Path(__file__).with_name("weights.bin")
SUFFIX: Final = ".weights"
_MOST_BYTES: Final = 4_000_000
_OFFSET: Final = 128


@dataclass(frozen=True, slots=True)
class Weights:
    """What the classifier has learned. `planes` holds one byte per feature and class: the weight plus 128.

    A logit is bias + word_scale × Σ word weights ÷ √(number of words) + mark_scale × Σ mark weights, already divided by the
    temperature. `thresholds` are the confidences below which the classifier is not sure of a class.
    """

    bias: tuple[float, ...]
    word_scale: tuple[float, ...]
    mark_scale: tuple[float, ...]
    thresholds: tuple[float, ...]
    planes: tuple[bytes, ...]
    info: Mapping[str, Any] = field(default_factory=dict)
    first: "array[int]" = field(init=False, repr=False, compare=False)
    """Classes 0, 1 and 2 of each feature, 24 bits apart."""
    second: "array[int]" = field(init=False, repr=False, compare=False)
    """Classes 3 and 4."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "first", _packed(self.planes[:3]))
        object.__setattr__(self, "second", _packed(self.planes[3:]))

    def to_bytes(self) -> bytes:
        """The file's content."""
        head = {
            "features": FEATURES_VERSION,
            "classes": list(ROUTE_CLASSES),
            "size": len(self.planes[0]),
            "bias": list(self.bias),
            "word_scale": list(self.word_scale),
            "mark_scale": list(self.mark_scale),
            "thresholds": list(self.thresholds),
            "info": dict(self.info),
        }
        body = MAGIC + json.dumps(head, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n" + b"".join(self.planes)
        return body + crc32(body).to_bytes(4, "big")


def _packed(planes: Sequence[bytes]) -> "array[int]":
    size = len(planes[0])
    raw = bytearray(8 * size)
    for number, plane in enumerate(planes):
        raw[3 * number :: 8] = plane
    packed = array("Q")
    packed.frombytes(bytes(raw))
    if sys.byteorder == "big":
        packed.byteswap()
    return packed


def load_weights(path: Path | None = None) -> Weights:
    """The weights in a file (None: the shipped ones); InputError when it is none, or was made for other features."""
    file = path or SHIPPED
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise _not_weights(file, "is larger than any weights file")
        raw = file.read_bytes()
    except FileNotFoundError as error:
        raise InputError(
            f"there is no weights file `{file}`", hint="make one: `jc classifier train labels.jsonl -o my.weights`"
        ) from error
    except OSError as error:
        raise IoFailure(f"cannot read `{file}`: {error.strerror}") from error
    return parse_weights(raw, file)


def parse_weights(raw: bytes, file: Path) -> Weights:
    """Weights from the content of a file; InputError when a byte of it is wrong."""
    if not raw.startswith(MAGIC):
        raise _not_weights(file, "is no weights file of `jc classifier train`")
    if crc32(raw[:-4]).to_bytes(4, "big") != raw[-4:]:
        raise _not_weights(file, "is damaged: its checksum is wrong")
    line_end = raw.find(b"\n", len(MAGIC))
    try:
        head = json.loads(raw[len(MAGIC) : line_end])
        size = int(head["size"])
        if head["features"] != FEATURES_VERSION or tuple(head["classes"]) != ROUTE_CLASSES:
            raise _not_weights(file, "was made by another version of `jc`")
        start = line_end + 1
        planes = tuple(raw[start + number * size : start + (number + 1) * size] for number in range(len(ROUTE_CLASSES)))
        if any(len(plane) != size for plane in planes) or start + len(planes) * size + 4 != len(raw):
            raise _not_weights(file, "is damaged: its length is wrong")
        bias, words, marks, thresholds = (tuple(map(float, head[name])) for name in _VECTORS)
        return Weights(bias, words, marks, thresholds, planes, head["info"])
    except (ValueError, KeyError, TypeError) as error:
        raise _not_weights(file, "is damaged: its head cannot be read") from error


_VECTORS: Final = ("bias", "word_scale", "mark_scale", "thresholds")


def own_weights(table: "RouteTable") -> "tuple[RouteTable, Path | None]":
    """A table whose `classifier:` names a weights file, with `local` in its place, and that file; others as they are.

    A relative path is looked up beside the table first, then where the command runs.
    """
    if not table.classifier.endswith(SUFFIX):
        return table, None
    named = Path(table.classifier)
    beside = Path(table.where.file).parent / named
    return replace(table, classifier="local"), beside if beside.is_file() else named


def _not_weights(file: Path, why: str) -> InputError:
    return InputError(f"`{file}` {why}", hint="train it again: `jc classifier train labels.jsonl --output my.weights`")
