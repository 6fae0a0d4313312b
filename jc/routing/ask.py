"""What of a request a person asked, and what a text is like besides its class: follow-up, language, tokens.

Only the human ask is classified: the last user message, without system prompts, tool results and what a harness wraps around it.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from jc.routing.features import folded
from jc.routing.wrappers import bounded, unwrapped

_SMALL = """
    yes yep yeah yup no nope ok okay sure right correct exactly fine good great perfect nice cool thanks done agreed please
    and so but then now ja nein oui non si sim nao da tak genau gut danke it that this them both all neither none again"""
_SMALL_WORDS: Final = frozenset(_SMALL.split())
_PHRASES = (
    "go on|go ahead|go for it|continue|carry on|proceed|keep going|do it|do that|do so|do both|do the first one|"
    "do the second one|do the last one|do the other one|do the first|do the second|commit it|commit that|commit this|"
    "commit them|push it|push that|merge it|merge that|run it|run that|run it again|apply it|apply that|apply them|"
    "ship it|try again|try that|try it|try both|once more|retry|undo|undo it|undo that|revert|revert it|revert that|next|"
    "more|shorter|longer|simpler|why|how so|really|what else|what about it|what about that|what about them|"
    "what about the rest|what about the other|what about the others|same again|the first|the second|the third|the last|"
    "the other|the latter|the former|the first one|the second one|the third one|the last one|the other one|option a|"
    "option b|option c|option d|option 1|option 2|option 3|a|b|c|d|1|2|3|4|all of them|explain|explain it|explain that|"
    "explain more|fix it|fix that|fix them|change it|change it back|change that|weiter|mach|machs|mach das|mach weiter|"
    "nochmal|kurzer|continuer|continuez|encore|sigue|otra vez|continua|mais|ancora"
)
_FOLLOW_UPS: Final = frozenset(_PHRASES.split("|"))
_MOST_FOLLOW_UP: Final = 60


def is_follow_up(text: str) -> bool:
    """Whether a message only makes sense after another: "yes", "commit it", "the second one"."""
    if len(text) > _MOST_FOLLOW_UP:
        return False
    words = re.findall(r"[^\W_]+", folded(text))
    while words and words[0] in _SMALL_WORDS and " ".join(words) not in _FOLLOW_UPS:
        words.pop(0)
    while words and words[-1] in {"please", "pls", "then", "now", "bitte", "thanks"}:
        words.pop()
    return (not words and bool(text.strip()) and text.strip()[0].isalnum()) or " ".join(words) in _FOLLOW_UPS


def estimate_tokens(text: str) -> int:
    """About how many tokens a text is: four ASCII letters each, two of other alphabets, 0.8 a Chinese or Japanese sign."""
    if text.isascii():
        return (len(text) + 3) // 4
    single = len(text.encode("ascii", "ignore"))
    others = len(text) - single
    wide = max(0, len(text.encode("utf-8", "replace")) - single - 2 * others)
    wide = min(wide, others)
    return (single + 3) // 4 + (others - wide + 1) // 2 + (wide * 4 + 4) // 5


_STOPWORDS: Final[Mapping[str, frozenset[str]]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": "the a an and of to in is are what how do does can you i my for with it on this that please me who when where why "
        "be or write make give tell from not",
        "de": "der die das und ist nicht ein eine wie was ich du mir bitte mit fur auf den dem zu im kann wer wann wo warum sind "
        "dass eines einen einem einer es gibt mein meine meinen schreibe erklare zeige mache viele von an nach bei aus uber",
        "fr": "le la les et est une un des que comment je tu vous mon ma pour avec dans quel quelle pourquoi sur ce peux du au "
        "ecris montre explique quoi qui sont ne pas cette ces aux dont donne",
        "es": "el la los las y es una un que como yo mi para con en por cual cuando donde quien puedo del al se esta "
        "sobre escribe explica dime este son hay unos unas pero muy hacer",
        "pt": "o a os as e uma um que como eu meu minha para com em por qual quando onde quem posso do da nao voce esta",
        "it": "il lo la gli le e una un che come io mio mia per con in quale quando dove chi posso del della non sono perche",
        "nl": "de het een en is niet hoe wat ik je mijn voor met op in te van kan wie wanneer waar waarom zijn",
        "sv": "och ar inte en ett hur vad jag du min for med pa i att kan vem nar var varfor som det",
        "pl": "i jest nie jak co czy sie na w z do mi moj prosze kto kiedy gdzie dlaczego sa to dla",
        "tr": "ve bir bu ne nasil mi icin ile ben sen benim nerede kim neden var bana kac mu en",
        "id": "yang dan di ini itu apa bagaimana saya kamu untuk dengan tidak siapa kapan dimana kenapa ke dari buat",
        "vi": "la va cua cho toi ban mot khong co gi the nao tai sao ai khi nao o dau nhung cai",
    }.items()
}
_BY_SCRIPT: Final = {
    "kana": "ja", "han": "zh", "hangul": "ko", "cyrillic": "ru", "arabic": "ar", "devanagari": "hi", "thai": "th", "greek": "el",
    "hebrew": "he",
}  # fmt: skip
_UKRAINIAN: Final = frozenset("іїєґІЇЄҐ")


def language_of(text: str, script: str) -> str | None:
    """The language as a two-letter code: by script, else by its commonest words; None when nothing tells."""
    if script in _BY_SCRIPT:
        return "uk" if script == "cyrillic" and not _UKRAINIAN.isdisjoint(text[:2000]) else _BY_SCRIPT[script]
    words = set(re.findall(r"[^\W\d_]+", folded(text[:2000])))
    telling = _telling()
    found = [(sum(telling[word] for word in words & known), language) for language, known in _STOPWORDS.items()]
    best = max(found, key=lambda pair: pair[0])
    return best[1] if best[0] else None


@cache
def _telling() -> Mapping[str, float]:
    """How much a word says for a language: one, shared by all that have it."""
    every = [word for words in _STOPWORDS.values() for word in words]
    return {word: 1 / every.count(word) for word in every}


class Ask(NamedTuple):
    """What a chat request says: the human ask, whether it follows up, and the facts of the body."""

    text: str
    follow_up: bool
    input_tokens: int
    images: int
    prefix_tokens: int
    """Tokens of everything before the last user message: what a warm prompt cache holds."""


def ask_of(messages: Sequence[Any]) -> Ask:
    """The ask of a list of OpenAI-shaped messages; a follow-up is classified together with what it follows."""
    asks: list[str] = []
    tokens = images = prefix = 0
    for message in messages:
        role = message.get("role") if isinstance(message, Mapping) else None
        text, pictures = _content(message.get("content") if isinstance(message, Mapping) else message)
        if role == "user" or role is None:
            prefix = tokens
            if text.strip():
                asks.append(text)
        tokens += estimate_tokens(text) + 4
        images += pictures
    last = asks[-1] if asks else ""
    follows = len(asks) > 1 and is_follow_up(last)
    text = last
    if follows:
        text = next((one for one in reversed(asks[:-1]) if not is_follow_up(one)), last)
    return Ask(text, follows, tokens, images, prefix)


def _content(content: object) -> tuple[str, int]:
    """The text of a message and how many images it holds."""
    if isinstance(content, str):
        return content, 0
    if not isinstance(content, Sequence):
        return "", 0
    texts, images = [], 0
    for part in content:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, Mapping):
            kind = str(part.get("type", ""))
            if kind in {"text", "input_text"} and isinstance(part.get("text"), str):
                texts.append(part["text"])
            images += kind in {"image_url", "image", "input_image"}
    return "\n".join(texts), images


def plain_ask(text: str) -> str:
    """The part of a prompt that is classified, for showing it."""
    return unwrapped(folded(bounded(text)))
