"""Where calls go, and the key that must never be seen.

Two endpoints are the same queue when URL and key are the same: providers limit per key, so limits, pauses and the
circuit breaker belong to that pair, whatever the models are called.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

MASK = "[key]"


class Secret:
    """A key that shows itself only when asked by name, so that no log, message or traceback holds it by accident."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value.strip()

    def reveal(self) -> str:
        """The key itself, for the `Authorization` header and for `mask`."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(("Secret", self._value))

    def __reduce__(self) -> str:
        raise TypeError("a secret is never pickled")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An OpenAI-compatible server: base URL (`https://host/v1`), key, a name for people, and the limits it is known to have.

    `rpm` is requests a minute, `tpm` tokens a minute, `concurrency` requests in flight; None is unknown.
    `alias` stands in for the URL in `call_key` when the URL changes from run to run (the embedded demo server's port).
    """

    url: str
    key: Secret | None = None
    label: str = ""
    rpm: int | None = None
    tpm: int | None = None
    concurrency: int | None = None
    alias: str = field(default="", compare=False)

    @property
    def identity(self) -> tuple[str, Secret | None]:
        """What shares one set of limits: URL and key."""
        return (self.url.rstrip("/"), self.key)

    @property
    def address(self) -> str:
        """The URL without its trailing slash, or the alias that stands for it."""
        return self.alias or self.url.rstrip("/")

    @property
    def name(self) -> str:
        """The label, else the URL; for messages."""
        return self.label or self.address


def mask(text: str, secrets: Iterable[Secret | None]) -> str:
    """The text with every one of the keys replaced by `[key]`."""
    for secret in secrets:
        value = secret.reveal() if secret else ""
        if value:
            text = text.replace(value, MASK)
    return text
