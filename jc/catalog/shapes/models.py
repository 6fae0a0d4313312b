"""models/<lab>.yaml: provider-neutral facts."""

from typing import Literal

from pydantic import Field

from jc.catalog.shapes.base import Modality, Number, Shape, Text, Version, text_only


class EnergyShape(Shape):
    """Joules per unit of work, and how the figure was come by."""

    joules: Number
    per: Literal["request", "mtok_output", "image", "audio_second", "chunk"]
    method: Literal["stated", "measured", "estimated"] | None = None
    source: Text | None = None


class Modalities(Shape):
    """What goes in and what comes out."""

    input: list[Modality] = Field(default_factory=text_only)
    output: list[Modality] = Field(default_factory=text_only)


class ModelShape(Shape):
    """Provider-neutral facts of one set of weights."""

    id: Text
    name: Text | None = None
    family: Text | None = None
    positioning: Text | None = Field(None, description="the tier its maker aims at; it caps the tier that scores can give")
    open_weights: bool | None = None
    licence: Text | None = None
    modalities: Modalities = Field(default_factory=Modalities)
    params_b: Number | None = Field(None, description="parameters in 10^9")
    active_params_b: Number | None = Field(None, description="parameters active per token, in 10^9")
    energy: EnergyShape | None = None
    verbosity: dict[str, Number] = Field(
        default_factory=dict, description="output tokens relative to the median model, by route class or `default`"
    )
    aliases: list[Text] = Field(default_factory=list)
    best_at: Text | None = None
    source: Text | None = None
    note: Text | None = None


class ModelsFile(Shape):
    """models/<lab>.yaml: the models of one lab, sorted by id."""

    schema_version: Version
    lab: Text
    models: list[ModelShape]
