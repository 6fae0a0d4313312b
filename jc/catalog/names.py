"""What a person calls a model, found in the catalog: full id, alias, or a unique ending after `/`; suggested, never guessed.

Ids and aliases of offers are one name space. The name of a model stands for its offer when it has just one; with several the
answer is an error that lists them, because price, region and vision differ between offers.
"""

import re
from collections.abc import Iterable, Sequence

from jc.catalog.model import Catalog, Offer
from jc.catalog.suggest import nearest
from jc.errors import InputError, Problem

_DATED = re.compile(r"(?P<name>.+)[-@](?:20\d{6}|20\d\d-\d\d-\d\d)")


class Names:
    """An index over one catalog; build it once when many names are looked up."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        exact: dict[str, list[Offer]] = {}
        of_model: dict[str, list[Offer]] = {}
        for offer in catalog.offers.values():
            for alias in offer.aliases:
                exact.setdefault(alias, []).append(offer)
            of_model.setdefault(offer.model, []).append(offer)
        for model in catalog.models.values():
            for alias in model.aliases:
                of_model.setdefault(alias, []).extend(of_model.get(model.id, ()))
        self._aliases = exact
        self._models = of_model
        self._forms: dict[str, str] = {}

    def matches(self, name: str) -> Sequence[Offer]:
        """The offers that a name can mean: one is an answer, several are a question, none is unknown."""
        return self.own_matches(name) or _unique(self._models.get(name) or self._by_model_ending(name))

    def own_matches(self, name: str) -> Sequence[Offer]:
        """The offers that a name can mean by their own ids and aliases, whatever their models are called.

        Files are held to this: when an offer goes, its name must not quietly pass to another offer of its model.
        """
        if name in self.catalog.offers:
            return (self.catalog.offers[name],)
        return _unique(self._aliases.get(name) or self._by_ending(name))

    def get(self, name: str) -> Offer | None:
        """The offer that a name means, None when there is none or more than one."""
        found = self.matches(name)
        return found[0] if len(found) == 1 else None

    def own(self, name: str) -> Offer | None:
        """As `get`, by the offers' own ids and aliases only."""
        found = self.own_matches(name)
        return found[0] if len(found) == 1 else None

    def suggestions(self, name: str, most: int = 3) -> list[str]:
        """The nearest ids and aliases, best first; a name may be like the part after the slash."""
        if not self._forms:
            for full in (*self.catalog.offers, *self._aliases, *self._models):
                for form in (full, full.rpartition("/")[2]):
                    self._forms.setdefault(form, full)
        return list(dict.fromkeys(self._forms[form] for form in nearest(name, list(self._forms), most)))

    def _by_ending(self, name: str) -> list[Offer]:
        ending = f"/{name}"
        found = [offer for key, offer in self.catalog.offers.items() if key.endswith(ending)]
        return found + [offer for alias, offers in self._aliases.items() if alias.endswith(ending) for offer in offers]

    def _by_model_ending(self, name: str) -> list[Offer]:
        return [offer for key, offers in self._models.items() if key.endswith(f"/{name}") for offer in offers]


def undated(index: Names, name: str) -> Offer | None:
    """The offer that a dated id such as `claude-haiku-4-5-20251001` is probably a version of; None when no single one is.

    A guess to be shown, never one to be priced by: a version may have a price of its own.
    """
    match = _DATED.fullmatch(name)
    return index.get(match["name"]) if match is not None else None


def _unique(offers: Iterable[Offer]) -> list[Offer]:
    return list({offer.id: offer for offer in offers}.values())


def resolve(catalog: Catalog, name: str) -> Offer:
    """The offer that a name means; InputError with the choices or suggestions when it means none or several."""
    direct = catalog.offers.get(name)
    return direct if direct is not None else resolve_all(catalog, [name])[0]


def resolve_all(catalog: Catalog, names: Iterable[str], quoted: str = "") -> list[Offer]:
    """The offers that names mean, in order; one InputError for all that are wrong.

    `quoted` is the piece of the command line or file that holds the names, shown with carets under the wrong one.
    """
    index = Names(catalog)
    offers, problems = [], []
    for name in names:
        found = index.matches(name)
        if len(found) == 1:
            offers.append(found[0])
        else:
            problems.append(_problem(index, name, found, quoted))
    if problems:
        raise InputError.of(problems)
    return offers


def _problem(index: Names, name: str, found: Sequence[Offer], quoted: str) -> Problem:
    if found:
        listed = ", ".join(f"`{offer.id}`" for offer in found[:8]) + (f" and {len(found) - 8} more" if len(found) > 8 else "")
        message, hint = f"`{name}` means {len(found)} offers: {listed}", "write the full id of one of them"
    else:
        near = index.suggestions(name)
        said = f"did you mean {' or '.join(f'`{other}`' for other in near)}? " if near else ""
        message, hint = f"no model `{name}` in {_folder(index.catalog.root)}", f"{said}List the models with `jc catalog list`."
    at = quoted.find(name) if name else -1
    if at < 0:
        return Problem(message, hint=hint)
    return Problem(message, quoted=quoted, caret_start=at, caret_length=len(name), hint=hint)


def _folder(root: str) -> str:
    """The folder by its own name: where it lies is no help against a misspelt model."""
    return f"`{root.rstrip('/').rsplit('/', 1)[-1]}/`" if root else "this folder"
