"""What answers take of energy: joules of the catalog per request, image or output token of whoever answered."""

import numpy as np
from numpy.typing import NDArray

from jc.catalog.model import Catalog
from jc.simulate.served import Served


def joules(catalog: Catalog, served: Served) -> tuple[float, float]:
    """The joules of all answers whose model has a figure, and how many requests these are."""
    total, known = 0.0, 0.0
    for code, offer in enumerate(served.offers):
        here = served.code == code
        model = catalog.models.get(offer.model)
        quantity = _quantity(model.energy.per if model and model.energy else "", served, here)
        if model is None or model.energy is None or quantity is None:
            continue
        total += float(model.energy.joules) * quantity
        known += float(served.sums["n"][here].sum())
    return total, known


def _quantity(per: str, served: Served, here: NDArray[np.bool_]) -> float | None:
    if per == "request":
        return float(served.sums["n"][here].sum())
    if per == "mtok_output":
        return float(served.sums["output"][here].sum()) / 1e6
    return float(served.sums["images"][here].sum()) if per == "image" else None
