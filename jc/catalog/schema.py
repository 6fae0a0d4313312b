"""The shape of every file of a catalog folder, as pydantic models that know no extra key.

The files are read by people in pull requests, so the shapes are theirs: short keys, the unit in the name, one list per file. The
JSON Schemas for editors (`catalogs/.schema/*.json`) are made from these classes; `load` turns them into the values of `model`.
Only shape and type are decided in `shapes`; whatever compares two facts is a rule of `check`.
"""

from jc.catalog.kinds import FileKind
from jc.catalog.shapes.base import SCHEMA_VERSION, Shape
from jc.catalog.shapes.models import ModelsFile
from jc.catalog.shapes.offers import OffersFile
from jc.catalog.shapes.routes import RouteFile
from jc.catalog.shapes.scores import RegistryFile, ScoresFile
from jc.catalog.shapes.settings import CatalogFile, JobsFile, PlansFile
from jc.catalog.shapes.tiers import OverridesFile, PlacementsFile, PolicyFile

__all__ = ["FILES", "SCHEMA_VERSION"]

FILES: dict[FileKind, type[Shape]] = {
    "catalog": CatalogFile,
    "models": ModelsFile,
    "offers": OffersFile,
    "registry": RegistryFile,
    "scores": ScoresFile,
    "policy": PolicyFile,
    "overrides": OverridesFile,
    "placements": PlacementsFile,
    "routes": RouteFile,
    "plans": PlansFile,
    "jobs": JobsFile,
}
"""The shape of each kind of file, by the name of its JSON Schema."""
