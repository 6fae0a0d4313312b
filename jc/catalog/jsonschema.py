"""JSON Schemas made from the shapes: the same under any version of pydantic.

They are kept in the package as `schemas.json`, so that a file can be tested against its shape without the schema library; a test
holds that what is kept is what the shapes give.
"""

import json
import types
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import WithJsonSchema
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from jc.catalog.kept import KEPT
from jc.catalog.schema import FILES
from jc.catalog.shapes.base import Shape

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PLAIN: Mapping[Any, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    type(None): {"type": "null"},
    Any: {},
}


def generated() -> dict[str, dict[str, Any]]:
    """The schema of every kind of file, made from its shape."""
    return {kind: _file(shape) for kind, shape in FILES.items()}


def write_kept() -> None:
    """Keep the generated schemas inside the package (`make docs`)."""
    KEPT.write_text(json.dumps(generated(), indent=1, ensure_ascii=False) + "\n", "utf-8")


def _file(shape: type[Shape]) -> dict[str, Any]:
    defs: dict[str, Any] = {}
    body = _shape(shape, defs)
    return {"$schema": DIALECT, **body, **({"$defs": dict(sorted(defs.items()))} if defs else {})}


def _shape(shape: type[Shape], defs: dict[str, Any]) -> dict[str, Any]:
    """An object that knows no other keys."""
    fields = {info.alias or name: info for name, info in shape.model_fields.items()}
    required = [name for name, info in fields.items() if info.is_required()]
    return {
        "title": shape.__name__.removesuffix("Shape"),
        "description": (shape.__doc__ or "").strip(),
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _field(info, defs) for name, info in fields.items()},
        **({"required": required} if required else {}),
    }


def _field(info: FieldInfo, defs: dict[str, Any]) -> dict[str, Any]:
    out = _with_metadata(info.annotation, info.metadata, defs)
    if info.description:
        out = {**out, "description": info.description}
    if info.default not in {None, PydanticUndefined, ""}:
        out = {**out, "default": _plain(info.default)}
    return out


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def _with_metadata(annotation: Any, metadata: Any, defs: dict[str, Any]) -> dict[str, Any]:
    """A type with what is said beside it: its own schema, the length of a list."""
    out: dict[str, Any] | None = None
    more: dict[str, Any] = {}
    for item in metadata:
        if isinstance(item, WithJsonSchema):
            out = dict(item.json_schema or {})
        elif isinstance(item, FieldInfo):
            more |= {"description": item.description} if item.description else {}
            more |= _with_metadata(Any, item.metadata, defs)
        else:
            more |= {
                name: value
                for name, value in (
                    ("minItems", getattr(item, "min_length", None)),
                    ("maxItems", getattr(item, "max_length", None)),
                )
                if value is not None
            }
    return {**(_type(annotation, defs) if out is None else out), **more}


def _type(annotation: Any, defs: dict[str, Any]) -> dict[str, Any]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation in _PLAIN:
        return dict(_PLAIN[annotation])
    return _GENERIC[origin](arguments, defs) if origin in _GENERIC else _reference(annotation, defs)


def _annotated(arguments: tuple[Any, ...], defs: dict[str, Any]) -> dict[str, Any]:
    return _with_metadata(arguments[0], arguments[1:], defs)


def _choice(arguments: tuple[Any, ...], _defs: dict[str, Any]) -> dict[str, Any]:
    return {"enum": list(arguments)}


def _list(arguments: tuple[Any, ...], defs: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": _type(arguments[0], defs)}


def _union(arguments: tuple[Any, ...], defs: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [_type(argument, defs) for argument in arguments]}


def _mapping(arguments: tuple[Any, ...], defs: dict[str, Any]) -> dict[str, Any]:
    names = _type(arguments[0], defs)
    out = {"type": "object", "additionalProperties": _type(arguments[1], defs)}
    return {**out, "propertyNames": names} if "enum" in names else out


def _reference(shape: type[Shape], defs: dict[str, Any]) -> dict[str, Any]:
    name = shape.__name__.removesuffix("Shape")
    if name not in defs:
        defs[name] = {}
        defs[name] = _shape(shape, defs)
    return {"$ref": f"#/$defs/{name}"}


_GENERIC: Mapping[Any, Any] = {
    Annotated: _annotated,
    Literal: _choice,
    list: _list,
    dict: _mapping,
    Union: _union,
    types.UnionType: _union,
}


if __name__ == "__main__":
    write_kept()
