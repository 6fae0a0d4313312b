"""Harmless wrappers: what people put around an ask without changing what is asked; the class must not change with them."""

from collections.abc import Callable
from typing import Final

WRAPPERS: Final[dict[str, Callable[[str], str]]] = {
    "can you help me with this": lambda text: f"Can you help me with this? {text}",
    "quick question": lambda text: f"quick question: {text}",
    "hi in front": lambda text: f"hi! {text}",
    "greeting and name": lambda text: f"Hello ChatGPT, {_lower(text)}",
    "hope you are well": lambda text: f"Hi there, I hope you're doing well today. {text}",
    "please in front": lambda text: f"please {_lower(text)}",
    "please at the end": lambda text: f"{text} please",
    "thanks at the end": lambda text: f"{text} thanks",
    "thank you so much": lambda text: f"{text}\n\nThank you so much in advance!",
    "stuck": lambda text: f"I'm a bit stuck and could use some help. {text}",
    "capitals off": lambda text: text.lower(),
    "quoted": lambda text: f'"{text}"',
    "blank lines": lambda text: f"\n\n  {text}  \n\n",
    "German": lambda text: f"Hallo, kannst du mir bitte helfen? {text} Danke!",
    "Spanish": lambda text: f"Hola, ¿me puedes ayudar con esto? {text} Gracias",
    "unlisted: asked by another": lambda text: f"My colleague asked me this and I had no answer: {text}",
    "unlisted: silly": lambda text: f"I hope this isn't a silly thing to ask, but {_lower(text)}",
    "unlisted: hurry at the end": lambda text: f"{text}\n\nWould be awesome if you could answer fast, my bus leaves soon.",
    "French": lambda text: f"Bonjour, peux-tu m'aider ? {text} Merci d'avance",
}
"""Wrappers by name; the unlisted ones are in no list of phrases of `wrappers`."""


def _lower(text: str) -> str:
    """The first letter small, unless it begins an abbreviation."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
