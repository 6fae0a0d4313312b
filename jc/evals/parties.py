"""Who takes part in a run: candidates and judges as typed, resolved to a server, a name on the wire and a price.

Three ways to say where a model is: `name=model@base_url` names a server directly; `--base-url` sends everything to one gateway
under the names as typed (the catalog then only prices them); else the catalog's provider tells address and key variable.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from jc.catalog.model import Catalog, Offer
from jc.catalog.names import resolve
from jc.errors import InputError, Problem, Where
from jc.providers.endpoint import Endpoint, Secret

DEMO = Endpoint(url="http://demo.invalid", label="demo", alias="demo")


@dataclass(frozen=True, slots=True)
class Party:
    """One model that answers or judges; `offer` prices it and is None when the catalog does not know it."""

    name: str
    wire_id: str
    endpoint: Endpoint
    offer: Offer | None = None
    lab: str | None = None
    structured: bool = False
    """Whether this server is known to take a JSON schema; a gateway in between may not: only the catalog's own address counts."""

    @property
    def demo(self) -> bool:
        """Whether the embedded endpoint answers: its answers are demo data and every output says so."""
        return self.endpoint.alias == DEMO.alias


@dataclass(frozen=True, slots=True)
class Gateway:
    """One server for everything: `--base-url` with the key from `key_env`."""

    base_url: str | None
    key_env: str = "JC_API_KEY"


@dataclass(slots=True)
class _Search:
    catalog: Catalog
    gateway: Gateway
    environment: Mapping[str, str]
    problems: list[Problem]
    missing: dict[str, list[str]]


def resolve_parties(
    names: Mapping[str, Sequence[str]], catalog: Catalog, gateway: Gateway, environment: Mapping[str, str]
) -> dict[str, tuple[Party, ...]]:
    """The parties by option (`--candidates`, `--judge`); InputError with every unknown name and every missing key at once."""
    search = _Search(catalog, gateway, environment, [], {})
    found: dict[str, tuple[Party, ...]] = {}
    for option, typed in names.items():
        parties = [party for name in typed if (party := _party(name, option, typed, search))]
        _no_twins(parties, option, search)
        found[option] = tuple(parties)
    for variable, wanted in search.missing.items():
        search.problems.append(
            Problem(
                f"no key for {', '.join(f'`{name}`' for name in wanted)}: `{variable}` is not set", hint=f"export {variable}=…"
            )
        )
    if search.problems:
        raise InputError.of(search.problems)
    return found


def _party(typed: str, option: str, all_typed: Sequence[str], search: _Search) -> Party | None:
    if "@" in typed and "=" in typed.split("@", maxsplit=1)[0]:
        name, _, rest = typed.partition("=")
        wire_id, _, url = rest.partition("@")
        if not (name and wire_id and url.startswith(("http://", "https://"))):
            search.problems.append(_quoted(f"cannot read `{typed}`", typed, option, all_typed, "name=model@http://host:port/v1"))
            return None
        offer = _known(wire_id, search.catalog) or _known(name, search.catalog)
        key = search.environment.get(search.gateway.key_env)
        return Party(name, wire_id, Endpoint(url, Secret(key) if key else None, label=name), offer, _lab(offer, search.catalog))
    if search.gateway.base_url:
        return _through_gateway(typed, search)
    return _from_catalog(typed, option, all_typed, search)


def _through_gateway(typed: str, search: _Search) -> Party:
    gateway = search.gateway
    offer = _known(typed, search.catalog)
    key = search.environment.get(gateway.key_env)
    endpoint = Endpoint(gateway.base_url or "", Secret(key) if key else None, label=gateway.base_url or "")
    return Party(typed, typed, endpoint, offer, _lab(offer, search.catalog))


def _from_catalog(typed: str, option: str, all_typed: Sequence[str], search: _Search) -> Party | None:
    try:
        offer = resolve(search.catalog, typed)
    except InputError as error:
        search.problems.append(_quoted(error.message or _first(error), typed, option, all_typed, error.hint))
        return None
    provider = search.catalog.providers[offer.provider]
    lab = _lab(offer, search.catalog)
    if provider.kind == "demo":
        return Party(typed, offer.wire_id, DEMO, offer, lab)
    if provider.api is None or not provider.api.base_url:
        hint = "give --base-url, or name=model@http://host/v1"
        search.problems.append(
            _quoted(f"the catalog has no address for `{offer.id}` (provider `{provider.id}`)", typed, option, all_typed, hint)
        )
        return None
    key = search.environment.get(provider.api.key_env) if provider.api.key_env else None
    if provider.api.key_env and not key:
        search.missing.setdefault(provider.api.key_env, []).append(typed)
    endpoint = Endpoint(
        provider.api.base_url,
        Secret(key) if key else None,
        label=provider.id,
        rpm=offer.rpm,
        tpm=offer.tpm,
        concurrency=offer.concurrency,
    )
    return Party(typed, offer.wire_id, endpoint, offer, lab, structured=bool(offer.structured_output))


def _first(error: InputError) -> str:
    return error.problems[0].message if error.problems else "unknown model"


def _known(name: str, catalog: Catalog) -> Offer | None:
    try:
        return resolve(catalog, name)
    except InputError:
        return None


def _lab(offer: Offer | None, catalog: Catalog) -> str | None:
    model = catalog.models.get(offer.model) if offer else None
    return model.lab if model else None


def _quoted(message: str, typed: str, option: str, all_typed: Sequence[str], hint: str) -> Problem:
    line = f"{option} {','.join(all_typed)}"
    start = len(option) + 1 + sum(len(name) + 1 for name in all_typed[: list(all_typed).index(typed)])
    return Problem(message, None, line, start, len(typed), hint)


def _no_twins(parties: Sequence[Party], option: str, search: _Search) -> None:
    seen: dict[tuple[str, str], str] = {}
    for party in parties:
        identity = (party.endpoint.address, party.wire_id)
        if identity in seen:
            search.problems.append(
                Problem(
                    f"`{party.name}` and `{seen[identity]}` are the same model at the same server",
                    Where(option),
                    hint="name it once",
                )
            )
        seen[identity] = party.name


def at_demo(parties: Sequence[Party], endpoint: Endpoint) -> tuple[Party, ...]:
    """The parties with the embedded endpoint's real address in place of its name."""
    return tuple(replace(party, endpoint=endpoint) if party.demo else party for party in parties)
