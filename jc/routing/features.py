"""A prompt as numbers, with the standard library only: what the classifier looks at, the same in training and in use.

Two kinds of features. *Words*: hashed 1- and 2-grams, stems, the first words with their position, character pairs where a script
has no blanks; many, noisy, so they are weighted by one over the square root of their number. *Marks*: length, numbers, code and
formula signs, the groups of the lexicon and their pairs, the votes of a few rules; few, and they mean the same in every source.
`zlib.crc32` makes the hash equal on every platform and in every process.
"""

import re
from bisect import bisect_right
from collections.abc import Callable
from itertools import chain, combinations
from operator import xor
from typing import Final, NamedTuple
from zlib import crc32

from jc.routing.lexicon import GROUPS, GROUPS_OF, UNSPACED
from jc.routing.wrappers import bounded, unwrapped

WORD_BITS: Final = 16
WORD_SPACE: Final = 1 << WORD_BITS
_MASK: Final = WORD_SPACE - 1
FRONT_TOKENS: Final = 260
BACK_TOKENS: Final = 100
"""Of a long text the first and the last words are looked at."""
_PROBED: Final = 1200
"""Characters in which signs of code and formulas are looked for."""


class _Pattern:
    """A regular expression that is compiled when it is first needed: all of them together would take ten milliseconds to load."""

    __slots__ = ("_flags", "_source", "search")

    def __init__(self, source: str, flags: int = 0) -> None:
        self._source, self._flags = source, flags
        self.search: Callable[[str], re.Match[str] | None] = self._first

    def _first(self, text: str) -> "re.Match[str] | None":
        self.search = re.compile(self._source, self._flags).search
        return self.search(text)

    def count(self, text: str) -> int:
        """How often it occurs."""
        return len(re.findall(self._source, text, self._flags))


_TOKEN: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+|[^\w\s]|_")
_UNSPACED_RUN: Final = _Pattern(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+")
_ACCENTS: Final = str.maketrans(
    "àáâãäåāăąçćčďđèéêëēęěğìíîïīıłñńňòóôõöøōőřśšşșťțùúûüūůűýÿžźżạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹơư’‘“”",
    "aaaaaaaaacccddeeeeeeegiiiiiilnnnoooooooorssssttuuuuuuuyyzzzaaaaaaaaaaaaeeeeeeeeiioooooooooooouuuuuuuyyyyou''\"\"",
)

# What a piece of code, a formula or a place looks like, and the characters without which it cannot be there.
_CODE_MARKS: Final[tuple[tuple[frozenset[str], str, "_Pattern"], ...]] = (
    (frozenset("`~<"), "fence", _Pattern(r"```|~~~|<code>")),
    (frozenset("("), "call", _Pattern(r"\(\)|\([^()\s]{1,30}\)\s*[;{:]|\.\w+\(")),
    (frozenset("{};"), "block", _Pattern(r"[{;]\s*(?:\n|$)|\}\s*(?:\n|$|;)")),
    (frozenset("=&|:+/*>"), "operator", _Pattern(r"==|!=|=>|->|&&|\|\||::|\+=|</|/>|\*\*")),
    (frozenset("_"), "snake", _Pattern(r"[a-z]_[a-z]")),
    (
        frozenset("(;{:=#$@\n"),
        "keyword",
        _Pattern(
            r"(?:^|\n)\s*(?:def |class |import |from \w+ import|#include|package |public |private |const |let |var |fn "
            r"|func |return\b|select |insert |create |if \(|for \(|while \(|using |namespace "
            r"|@\w+|\$ |sudo |npm |pip |git |docker )"
        ),
    ),
    (
        frozenset("<"),
        "tag",
        _Pattern(r"</?(?:div|span|p|a|ul|li|html|body|script|style|table|tr|td|img|input|form|button|h[1-6])\b"),
    ),
    (frozenset("-$"), "flag", _Pattern(r"\s--?[a-z]|\$[{(]")),
    (frozenset("="), "assign", _Pattern(r"(?:^|\n)\s*\w+\s*=\s*[\w\[{(\"']")),
)
_SQL: Final = _Pattern(r"\bselect\b[^.]{1,200}\bfrom\b|\binsert into\b|\bcreate table\b|\bgroup by\b|\bleft join\b")
_SQL_WORDS: Final = frozenset({"select", "insert", "table", "group", "join"})
_FORMULA: Final = _Pattern(r"[=^<>≤≥+*×÷]\s*[-(]?\d|[\^√∫∑∏π≤≥≠²³∞∈∀∃]|\d\s*[%!]|\d\s*[-/]\s*\d|=\s*[a-z(]\b")
_FORMULA_CHARS: Final = frozenset("=^+*/×÷<>≤≥√∫∑∏π≠²³∞∈∀∃%!-")
_LATEX: Final = _Pattern(
    r"\\(?:frac|sqrt|sum|int|cdot|times|le|ge|begin|text|pi|theta|alpha|left|mathbb|in|to|infty)\b|\$[^$\n]{1,80}\$"
)
_PLACEHOLDER: Final = _Pattern(r"\[[a-z][^\]\n]{1,40}\]|\{\w+\}|<[a-z]+>")
_INNER: Final = _Pattern(r"[./]\w")
_PLACE: Final = _Pattern(r"\.(?:com|org|net|io|dev|example)\b|://|www\.")
_MAIL: Final = _Pattern(r"[@#][a-z][\w-]")
_FILE: Final = _Pattern(
    r"\.(?:py|js|ts|tsx|jsx|java|c|cpp|h|cs|go|rs|rb|php|html|css|sql|sh|yml|yaml|toml|ipynb|swift|kt|r|m|vue|xml)\b"
)
_DOCUMENT: Final = _Pattern(r"\.(?:csv|json|xlsx?|docx?|pdf|txt|md|log|zip|png|jpg|pptx?)\b|[~/][\w.-]+/")
_CLOCK: Final = _Pattern(r"\d(?:\s?(?:am|pm|uhr|h)\b|:\d\d\b|(?:st|nd|rd|th)\b|[./]\d{1,2}\b)")
_CHOICES: Final = _Pattern(r"(?:^|\n)\s*\(?[a-d][).:]\s?\S|\([a-d]\)", re.IGNORECASE)
_BULLETS: Final = _Pattern(r"(?:^|\n)\s*(?:[-*•]|\d+[.)])\s+\S")
_MONEY: Final = _Pattern(r"[$€£¥₹]\s?\d|\d\s?(?:usd|eur|dollars?|euros?|bucks|pounds|€)")
_QUOTED: Final = _Pattern(r"\"[^\"\n]{12,}\"|«[^»\n]{12,}»|„[^“\n]{12,}")
_ROLE: Final = _Pattern(
    r"\b(?:act as|pretend|role ?play|imagine (?:you|that)|you are (?:a|an|the)|play the role|take on the role|assume the)\b"
)
_HOWTO: Final = _Pattern(
    r"^(?:how (?:do|can|to|would|should|does)|what(?:'s| is) the best way|ways? to|wie (?:kann|mache)|comment|como"
    r"|come (?:posso|si fa))\b"
)
_SCRIPTS: Final = (
    ("han", _Pattern(r"[\u4e00-\u9fff]")),
    ("kana", _Pattern(r"[\u3040-\u30ff]")),
    ("hangul", _Pattern(r"[\uac00-\ud7af]")),
    ("cyrillic", _Pattern(r"[\u0400-\u04ff]")),
    ("arabic", _Pattern(r"[\u0600-\u06ff]")),
    ("devanagari", _Pattern(r"[\u0900-\u097f]")),
    ("thai", _Pattern(r"[\u0e00-\u0e7f]")),
    ("greek", _Pattern(r"[\u0370-\u03ff]")),
    ("hebrew", _Pattern(r"[\u0590-\u05ff]")),
)

_DIGITS: Final = frozenset("0123456789")
_ROLE_WORDS: Final = frozenset({"act", "pretend", "roleplay", "role", "imagine", "you", "assume"})
_HOWTO_STARTS: Final = ("how ", "what", "way", "wie ", "com")
_BY_CHARACTER: Final = (
    (frozenset("@#"), "mail", _MAIL),
    (_DIGITS, "clock", _CLOCK),
    (frozenset("\n("), "choices", _CHOICES),
    (frozenset("\n"), "bullets", _BULLETS),
    (_DIGITS, "money", _MONEY),
    (frozenset('"«„'), "quoted", _QUOTED),
    (frozenset("\\$"), "latex", _LATEX),
    (frozenset("[{<"), "placeholder", _PLACEHOLDER),
)
_BY_INNER: Final = (("place", _PLACE), ("file", _FILE), ("document", _DOCUMENT))
_PATTERNS: Final = (
    *((name, pattern, True) for _, name, pattern in _CODE_MARKS),
    *((name, pattern, False) for _, name, pattern in _BY_CHARACTER),
    ("formula", _FORMULA, False),
)
_NEEDED: Final = (*(chars for chars, _, _ in _CODE_MARKS), *(chars for chars, _, _ in _BY_CHARACTER), _FORMULA_CHARS)
_HOT: Final = {
    char: tuple(number for number, needed in enumerate(_NEEDED) if char in needed) for char in frozenset("./").union(*_NEEDED)
}
_HOT_CHARS: Final = frozenset(_HOT)

_G: Final = {name: number for number, name in enumerate(GROUPS)}
_WIDTH: Final = len(GROUPS)


class _MarkSpace:
    """Fixed numbers for named marks, given out in the order of this file so that weights and code agree."""

    def __init__(self) -> None:
        self.size = WORD_SPACE

    def take(self, count: int) -> int:
        first = self.size
        self.size += count
        return first


_space = _MarkSpace()
_PRESENT = _space.take(_WIDTH)
_OFTEN = _space.take(_WIDTH)
_FIRST = _space.take(_WIDTH + 1)
_SECOND = _space.take(_WIDTH + 1)
_PAIRS = _space.take(_WIDTH * _WIDTH)
_FIRST_PAIR = _space.take(_WIDTH * _WIDTH)
_LENGTH = _space.take(16)
_LENGTH_ASKED = _space.take(32)
_NUMBERS = _space.take(8)
_LINES = _space.take(8)
_ENDING = _space.take(8)
_SIGNS = _space.take(96)
_VOTES = _space.take(32)
SPACE: Final = _space.size
"""Number of features: hashed words first, then marks."""

_SIGN_NAMES: Final = (
    *(name for _, name, _ in _CODE_MARKS), "sql", "latex", "placeholder", "formula", "place",
    "mail", "file", "document", "clock", "choices", "bullets", "money", "quoted", "role", "howto",
    *(name for name, _ in _SCRIPTS), "codes2", "codes4", "formula_number", "camel", "colon_line", "long", "very_long", "exclaim",
)  # fmt: skip
_SIGN: Final = {name: _SIGNS + number for number, name in enumerate(_SIGN_NAMES)}
_STEPS: Final = (0, 1, 2, 3, 4, 5, 7, 10, 14, 20, 30, 50, 90, 170, 330)
_CAMEL: Final = re.compile(
    r"\b(?!(?:ChatGPT|OpenAI|DeepSeek|YouTube|LinkedIn|TikTok|WhatsApp|PayPal|eBay|FedEx|iPhone|iPad|iPod|iMac|AirPods|PlayStation"
    r"|PowerPoint|OneDrive|McDonald|MacBook|DoorDash|AirBnB|SpaceX|PhD)\b)(?:[a-z]+[A-Z]\w+|[A-Z][a-z]+[A-Z]\w+)"
)


class Features(NamedTuple):
    """What one prompt shows: numbers of words and of marks, and facts that are worth telling by themselves."""

    words: list[int]
    marks: list[int]
    script: str
    code: bool
    tokens: int
    """How many words and signs the ask has after unwrapping."""


_Entry = tuple[int, int, int, tuple[int, ...]]


class _Vocabulary(dict[str, _Entry]):
    """Of a word: its place, its partner hash for pairs, the place of its stem (or its own), its groups; remembered.

    The two halves of one crc32 are the place and the partner: a pair of words is then one exclusive-or. It is emptied when a
    hostile stream has filled it.
    """

    def __missing__(self, word: str) -> _Entry:
        raw = word.encode("utf-8", "surrogatepass")
        hashed = crc32(raw if not word.isdigit() else b"0" * min(len(word), 5))
        place = hashed & _MASK
        stem = crc32(b"~" + word[:5].encode("utf-8", "surrogatepass")) & _MASK if len(word) > 5 else place
        groups = tuple(_G[name] for name in GROUPS_OF.get(word, ()) or GROUPS_OF.get(word.partition("'")[0], ()))
        if len(self) > 60_000:
            self.clear()
        entry = (place, hashed >> WORD_BITS, stem, groups)
        self[word] = entry
        return entry


_vocabulary: Final = _Vocabulary()


def folded(text: str) -> str:
    """Lower case without the accents of Latin letters, so that hurried typing meets the lexicon."""
    return text.lower() if text.isascii() else text.lower().translate(_ACCENTS)


def extract(text: str) -> Features:
    """The features of a prompt; deterministic, at most about 2,100 characters are looked at."""
    raw = bounded(text)
    core = unwrapped(folded(raw))
    ascii_only = core.isascii()
    script = "latin" if ascii_only else _script(core)
    tokens = _ends(_TOKEN.findall(core) if ascii_only else _tokens(core))
    if not tokens:
        return Features([], _mark_features(raw, core, tokens, [], script)[0], script, code=False, tokens=0)
    places, partners, stems, grouped = zip(*map(_vocabulary.__getitem__, tokens), strict=True)
    groups = list(chain.from_iterable(grouped))
    if script in _UNSPACED_SCRIPTS:
        groups.extend(_unspaced_groups(core))
    words = set(places)
    words.update(stems)
    words.update(map(xor, partners, places[1:]))
    _positions(words, places, partners)
    marks, code = _mark_features(raw, core, tokens, groups, script)
    return Features(list(words), marks, script, code, len(tokens))


_UNSPACED_SCRIPTS: Final = frozenset({"han", "kana", "hangul", "thai"})
_PLACE_SALTS: Final = (0x51ED, 0xA3C7, 0x1F35)
_LAST_SALT: Final = 0x7F4A
_LAST_PAIR_SALT: Final = 0x2545


def _positions(words: set[int], places: tuple[int, ...], partners: tuple[int, ...]) -> None:
    """The first three words by their place, the first three together, and the last one and two."""
    words.update(map(xor, places, _PLACE_SALTS))
    if len(places) > 2:
        words.add(((places[0] * 31 + partners[1]) * 31 + places[2]) & _MASK)
        words.add(places[-1] ^ _LAST_SALT)
        words.add(partners[-2] ^ places[-1] ^ _LAST_PAIR_SALT)


def _unspaced_groups(core: str) -> list[int]:
    """The groups of the words of a script without blanks, found by looking up every short run of its signs."""
    found: list[int] = []
    signs = "".join(run for run in _RUNS.findall(core[:_MOST_SIGNS]))
    for start in range(len(signs)):
        for length in _UNSPACED_LENGTHS:
            group = UNSPACED.get(signs[start : start + length])
            if group is not None:
                found.append(_G[group])
    return found


_RUNS: Final = re.compile(r"[^\x00-\u0dff]+")
_MOST_SIGNS: Final = 400
_UNSPACED_LENGTHS: Final = sorted({len(word) for word in UNSPACED})


def _script(text: str) -> str:
    text = text[:600]
    best, most = "latin", 0.0
    for name, pattern in _SCRIPTS:
        count = pattern.count(text) * (2.5 if name == "kana" else 1)
        if count > most:
            best, most = name, count
    letters = sum(1 for char in text if char.isascii() and char.isalpha())
    return best if most * 3 > letters or most > 60 else "latin"


def _tokens(core: str) -> list[str]:
    """Tokens of a text that is not plain ASCII; runs without blanks become overlapping character pairs."""
    out: list[str] = []
    for token in _TOKEN.findall(core):
        if len(token) > 1 and token[0] > "\u0dff" and _UNSPACED_RUN.search(token[0]):
            out.extend(token[i : i + 2] for i in range(len(token) - 1))
        else:
            out.append(token)
    return out


def _ends(tokens: list[str]) -> list[str]:
    return tokens if len(tokens) <= FRONT_TOKENS + BACK_TOKENS else tokens[:FRONT_TOKENS] + tokens[-BACK_TOKENS:]


def _bucket(value: int) -> int:
    return bisect_right(_STEPS, value)


def _mark_features(raw: str, core: str, tokens: list[str], groups: list[int], script: str) -> tuple[list[int], bool]:
    marks = _group_marks(groups)
    count = len(tokens)
    length = _bucket(count)
    asked = "?" in core or "？" in core
    chars = set(core)
    numbers = 0 if chars.isdisjoint(_DIGITS) else sum(map(str.isdigit, tokens))
    lines = core.count("\n") if "\n" in chars else 0
    marks.append(_LENGTH + min(length, 15))
    marks.append(_LENGTH_ASKED + min(length, 15) * 2 + asked)
    marks.append(_NUMBERS + (numbers if numbers < 4 else min(7, 4 + numbers // 5)))
    marks.append(_LINES + (lines if lines < 3 else min(7, 3 + lines // 4)))
    marks.append(_ENDING + max(0, '?.!:"`)'.find(core[-1:]) + 1 if core else 0))
    probe = core if len(core) <= _PROBED else core[:_PROBED]
    signs, code = _signs(probe, chars, tokens, numbers)
    _forms(raw, probe, tokens, signs)
    if script != "latin":
        signs.append(_SIGN[script])
    marks.extend(signs)
    marks.extend(_votes(core, groups, _Shape(count, numbers, asked, code, _SIGN["formula"] in signs)))
    return marks, code


def _group_marks(groups: list[int]) -> list[int]:
    order = list(dict.fromkeys(groups))
    marks = [_PRESENT + group for group in order]
    if len(order) < len(groups):
        marks.extend(_OFTEN + group for group in order if groups.count(group) > 1)
    first = order[0] if order else _WIDTH
    second = order[1] if len(order) > 1 else _WIDTH
    marks.append(_FIRST + first)
    marks.append(_SECOND + second)
    if len(order) > 1:
        marks.append(_FIRST_PAIR + first * _WIDTH + second)
    marks.extend([_PAIRS + a * _WIDTH + b for a, b in combinations(sorted(order[:12]), 2)])
    return marks


def _signs(core: str, chars: set[str], tokens: list[str], numbers: int) -> tuple[list[int], bool]:
    """Signs of code, formulas, places and forms; each pattern is tried only where one of its characters occurs."""
    signs: list[int] = []
    codes = 0
    hot = chars & _HOT_CHARS
    if hot:
        for number in sorted({number for char in hot for number in _HOT[char]}):
            name, pattern, is_code = _PATTERNS[number]
            if pattern.search(core):
                signs.append(_SIGN[name])
                codes += is_code
        if ("." in hot or "/" in hot) and _INNER.search(core):
            signs.extend(_SIGN[name] for name, pattern in _BY_INNER if pattern.search(core))
        if numbers > 1 and _SIGN["formula"] in signs:
            signs.append(_SIGN["formula_number"])
    if not _SQL_WORDS.isdisjoint(tokens) and _SQL.search(core):
        signs.append(_SIGN["sql"])
        codes += 1
    if codes >= 2:
        signs.append(_SIGN["codes4"] if codes >= 4 else _SIGN["codes2"])
    return signs, codes >= 2 or _SIGN["fence"] in signs


def _forms(raw: str, core: str, tokens: list[str], signs: list[int]) -> None:
    """What kind of text it is: a role to play, a how-to, a long one, one with names in camel case."""
    if not _ROLE_WORDS.isdisjoint(tokens) and _ROLE.search(core):
        signs.append(_SIGN["role"])
    if core.startswith(_HOWTO_STARTS) and _HOWTO.search(core):
        signs.append(_SIGN["howto"])
    if not raw[1:].islower() and _CAMEL.search(raw[:_PROBED]):
        signs.append(_SIGN["camel"])
    if ":\n" in core:
        signs.append(_SIGN["colon_line"])
    if "!" in core:
        signs.append(_SIGN["exclaim"])
    if len(raw) > 600:
        signs.append(_SIGN["long"] if len(raw) < 2000 else _SIGN["very_long"])


(
    _ACT,
    _ADVICE,
    _ANALYSE,
    _CODEVERB,
    _FACT,
    _FAQ,
    _FRESH,
    _GENRE,
    _MATH,
    _MATHVERB,
    _OBJECT,
    _QUANT,
    _SELF,
    _THEN,
    _WH,
    _WHEN,
    _WRITE,
) = (
    _G[name]
    for name in (
        "act",
        "advice",
        "analyse",
        "codeverb",
        "fact",
        "faq",
        "fresh",
        "genre",
        "math",
        "mathverb",
        "object",
        "quant",
        "self",
        "then",
        "wh",
        "when",
        "write",
    )
)
_DOABLE: Final = frozenset({_OBJECT, _SELF, _FRESH, _WHEN})
_TECHNICAL: Final = frozenset(_G[name] for name in ("lang", "frame", "code", "codeverb", "err"))
_EXACT: Final = frozenset(_G[name] for name in ("math", "mathverb", "logic", "phys"))
_CHATTY: Final = frozenset(_G[name] for name in ("greet", "thanks", "ack", "chat"))


class _Shape(NamedTuple):
    """What the rules look at besides words: how many tokens and numbers, and three signs."""

    tokens: int
    numbers: int
    asked: bool
    code: bool
    formula: bool


def _votes(core: str, groups: list[int], shape: _Shape) -> list[int]:
    """A few rules a person would _WRITE; each is only one more feature whose worth is learned."""
    count, numbers, asked, code, formula = shape
    have = set(groups)
    technical = have & _TECHNICAL
    exact = have & _EXACT
    first = groups[0] if groups else -1
    doing = _ACT in have and bool(have & _DOABLE)
    votes = (
        count <= 6 and not technical and not exact and numbers < 2,
        bool(have) and have <= _CHATTY and count <= 8,
        not have and count <= 4,
        first == _WH and count <= 9 and not technical and not exact,
        first == _WH and count > 14,
        code and bool(technical),
        len(technical) >= 2,
        bool(technical) and (_WRITE in have or _CODEVERB in have),
        formula and (bool(exact) or numbers > 2),
        _MATHVERB in have and (_MATH in have or numbers > 0),
        numbers >= 2 and _QUANT in have and asked and count >= 12,
        numbers >= 2 and _QUANT in have and not technical,
        len(exact) >= 2,
        doing and first == _ACT,
        doing and _THEN in have,
        groups.count(_ACT) >= 2 and first == _ACT,
        groups.count(_ACT) >= 3,
        first == _WRITE and _GENRE in have and not technical,
        _WRITE in have and _GENRE in have,
        first == _ANALYSE and not technical and not exact,
        first == _ADVICE and not technical,
        _FAQ in have and count <= 14 and not technical,
        _FACT in have and _WH in have and count <= 12,
        _FRESH in have and (_ACT in have or _WH in have),
        core.startswith(("if ", "suppose", "given", "assume", "consider", "let ", "a train", "angenommen", "wenn", "si ", "se ")),
        count > 60 and first == _WRITE,
        bool(technical) and first == _WH,
        bool(technical) and count <= 8,
    )
    return [_VOTES + number for number, vote in enumerate(votes) if vote]
