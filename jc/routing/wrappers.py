"""The ask without its wrapping: greetings, courtesies and "can you help me with this?" say nothing about what is asked.

In front of a prompt such a sentence took a good model from 87 % to 68 %, because it moves every word and adds several. So the
text that is looked at is bounded, harness noise is taken out, and courtesies at either end go word by word, as long as something
is left. Phrases are kept in a tree of words: it is built in a millisecond, where patterns of this size take ten to compile.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

HEAD = 1500
"""Characters looked at from the front of a long prompt: the ask stands at either end, the material in the middle."""
TAIL = 600
_NOISE_WITHIN = 20 * HEAD
_REACH = 160
"""How far into a text, from either end, courtesies are looked for."""

_NOISE_NAMES: Final = (
    "system-reminder", "environment_details", "environment_context", "ide_selection", "ide_opened_file", "command-message",
    "command-name", "local-command-stdout", "tool_result", "tool_response", "function_results",
)  # fmt: skip
_ROLES: Final = ("user:", "human:", "me:", "q:")
_ANSWERERS: Final = ("assistant:", "ai:", "bot:", "chatgpt:", "gpt:", "a:")
_ROLE_WITHIN: Final = 12
_QUOTES: Final = {'"': '"', "“": "”", "„": "“", "«": "»", "「": "」", "`": "`"}
_PIECE: Final = re.compile(r"[^\W_]+(?:'[^\W\d_]+)?|\S")
_MARKS: Final = frozenset(",.:;!?-–—…()*~\"'¿¡，。！？：、")
_STOPS: Final = frozenset(":.,!-–—\n?")

_GREETINGS = """hi hello hey heyy hiya heya howdy yo greetings hallo moin servus hola bonjour bonsoir salut coucou ciao buongiorno
    buonasera salve ola oi hoi hej czesc merhaba selam namaste salam ahoj привет здравствуйте здравствуй 你好 您好 请问 こんにちは
    すみません 안녕하세요 안녕 مرحبا नमस्ते"""
_GREETINGS_OF_TWO = """good morning|good afternoon|good evening|good day|guten tag|guten morgen|guten abend|buenos dias|
    buenas tardes|buenas noches|bom dia|boa tarde|boa noite|dear sir|dear madam|dear assistant|dear ai|
    dear chatgpt|dear team|dear all|goedemorgen|dobry den|dzien dobry"""
_ADDRESSED = """there all everyone everybody team guys folks again chat chatgpt gpt claude gemini assistant ai bot buddy friend
    mate dear sir you"""
# A phrase that ends in `:` counts only before a mark or the end of its line: "question: …", never "question the witness".
_OPENERS = """so|ok|okay|well|um|umm|uh|hmm|hm|now|alright|btw|by the way|actually|listen|look|sorry|excuse me|
    pardon me|pardon|please|pls|plz|kindly|urgent|quick question|quick question:|quick one|quick q|quick ask|
    quick thing|quick request|quick favor|just a quick question|just a quick one|question:|questions:|
    one question:|one more question:|one more thing:|another question:|new question:|random question:|
    dumb question:|stupid question:|silly question:|simple question:|easy question:|weird question:|
    short question:|serious question:|i have a question:|i have a quick question:|i've got a question:|
    i have one question:|i got a question:|i have another question:|i have a small question:|
    i have a request:|i have a task for you:|i have a task:|a question:|a quick question:|got a question:|
    here is my question:|here's my question:|here is the question:|here is a question:|here's a question:|
    here is my request:|here's the task:|here is the task:|here is my task:|here is my problem:|my question:|
    my question is|my question is:|my request:|my task:|user:|human:|q:|prompt:|instruction:|instructions:|
    input:|task:|query:|message:|request:|question 1:|first time here:|new here:|long time no see|
    sorry to bother you|sorry to bother|sorry for bothering you|sorry to disturb you|
    sorry for the interruption|pardon the interruption|thanks in advance|thank you in advance|i was wondering|
    i was just wondering|i am wondering|i'm wondering|im wondering|just wondering|i was wondering if|
    i was wondering whether you could|if you could|if you can|if possible|can you|could you|would you|
    will you|can u|could u|can someone|could someone|can anyone|could anyone|can somebody|may i ask|can i ask|
    could i ask|may i ask you|can i ask you|can i ask you something|may i ask you something|possibly|
    maybe you can|perhaps you can|be so kind to|be so kind as to|be so kind and|would you be so kind as to|
    would you mind|would you be able to|are you able to|help me|help me out|help me with|help me to|
    help me out with|help with this|help me with this|help me with that|help me with something|
    help me with the following|help with|assist me|assist me with|assist me in|assist with this|kindly assist|
    do me a favor|do me a favour|do me a favor and|do me a favour and|take a look at this|have a look at this|
    take a look|look at this|look at this:|tell me|please tell me|let me know|let me ask you something|
    ask you something|ask you a question|i would like you to|i'd like you to|i would love you to|
    i want you to|i need you to|i would like to ask you|i'd like to ask you|i'd like to ask|
    i would like to ask|i would like to know|i'd like to know|i'd love to know|i want to know|i need to know|
    i wanna know|i want to ask|i want to ask you|i want to ask something|i need help|i need help with|
    i need some help|i need some help with|i need your help|i need your help with|i need help with this|
    i need help with something|i need a bit of help|i need a little help|i could use some help|
    i could use some help with|i really need help|i really need help with|i need assistance|
    i need assistance with|i need from you|i need this|need help|need help with|need some help|
    need some help with|need your help|need help with this|with this|with this one|with the following|
    with that|with something|answer this|answer this question|answer the following|
    answer the following question|answer my question|consider this|consider the following:|read this|
    respond to this|reply to this|do this|do the following|complete the following|process this|
    you are a helpful assistant|you are a helpful ai assistant|you're a helpful assistant|
    you are a friendly assistant|take a deep breath|take a deep breath and|think carefully|think step by step|
    let's think step by step|think hard|think about it|asap|for me|konntest du|kannst du|konntest du mir|
    kannst du mir|konnen sie|konnten sie|konnten sie mir|konnen sie mir|kannst du mir bitte|bitte|
    bitte hilf mir|kurze frage|kurze frage:|ich habe eine frage|ich hatte eine frage|ich hab eine frage|
    eine frage|hilf mir|hilf mir bitte|hilf mir mit|kannst du mir helfen|kannst du mir dabei helfen|mal|
    por favor|puedes|podrias|me puedes|me podrias|puede|podria|una pregunta|una pregunta:|tengo una pregunta|
    ayudame|ayudame con esto|me puedes ayudar|puedes ayudarme|puedes ayudarme con esto|s'il te plait|
    s'il vous plait|svp|stp|peux tu|peux-tu|pouvez vous|pouvez-vous|pourrais tu|pourrais-tu|pourriez vous|
    pourriez-vous|tu peux|vous pouvez|une question|une question:|j'ai une question|peux tu m'aider|
    peux-tu m'aider|aide moi|aide-moi|per favore|puoi|potresti|mi puoi|mi potresti|una domanda|ho una domanda|
    puoi aiutarmi|aiutami|voce pode|voce poderia|pode me ajudar|poderia|uma pergunta|tenho uma pergunta|
    me ajuda|me ajude|alsjeblieft|kun je|kan je|kunt u|een vraag|ik heb een vraag|snalla|kan du|prosze|
    czy mozesz|mozesz|mam pytanie|lutfen|bir sorum var|tolong|bisakah kamu|пожалуйста|подскажи пожалуйста|
    подскажите пожалуйста|подскажи|помоги|помоги мне|помогите|у меня вопрос|можешь|можешь ли ты|не мог бы ты|
    вопрос|быстрый вопрос|kannst du mir bitte helfen|konntest du mir helfen|konntest du mir bitte helfen|
    konnen sie mir helfen|konnten sie mir bitte helfen|kannst du mir damit helfen|ich brauche hilfe|ich brauche deine hilfe|
    me puedes ayudar con esto|me podrias ayudar|me podrias ayudar con esto|podrias ayudarme|podrias ayudarme con esto|
    necesito ayuda|necesito tu ayuda|peux tu m'aider avec ca|pouvez-vous m'aider|pouvez vous m'aider|j'ai besoin d'aide|
    puoi aiutarmi con questo|mi puoi aiutare|mi serve aiuto|voce pode me ajudar|voce pode me ajudar com isso|
    pode me ajudar com isso|preciso de ajuda|kun je me helpen|kun je me hiermee helpen|kan je me helpen|
    czy mozesz mi pomoc|yardim eder misin|bana yardim eder misin|можешь помочь|помоги пожалуйста|помогите пожалуйста|
    能帮我一下吗|请帮我|麻烦你|帮个忙|一个问题|教えてください|질문 있어요|도와줘|도와주세요"""
_CLOSERS = """thanks|thank you|thx|thnx|tysm|ty|cheers|please|pls|plz|asap|many thanks|thanks a lot|thanks so much|
    thanks a bunch|thanks a ton|thanks a million|thanks in advance|thank you so much|thank you very much|
    thank you in advance|thank you so much in advance|thank you very much in advance|
    thanks so much in advance|many thanks in advance|thanks again|thanks for your help|thanks for the help|
    thank you for your help|thank you for your time|thanks for your time|kind regards|best regards|
    warm regards|regards|sincerely|best wishes|much appreciated|appreciate it|i appreciate it|
    i appreciate your help|i appreciate any help|i'd appreciate it|i would appreciate it|any help appreciated|
    any help is appreciated|any help is welcome|any help would be appreciated|any help would be great|
    any help is greatly appreciated|any help would be greatly appreciated|any help is much appreciated|
    any help will be appreciated|can you help|can you help me|can you help me out|can you help me with this|
    can you help me with that|can you help with this|could you help|could you help me|
    could you help me with this|can someone help|can someone help me|can anyone help|please help|
    please help me|help me|help me out|help|help me please|let me know|it's urgent|its urgent|this is urgent|
    this is important|it's important|urgent|no rush|take your time|i'm in a hurry|i am in a hurry|
    let's think step by step|think step by step|hope you can help|hope you can help me|if you can|if possible|
    if you don't mind|if you could|when you have a moment|when you have a minute|when you have time|
    when you get a chance|have a nice day|have a good day|have a great day|have a good one|
    have a nice evening|have a nice weekend|danke|danke schon|vielen dank|danke im voraus|danke dir|bitte|
    gracias|muchas gracias|gracias de antemano|por favor|merci|merci d'avance|merci beaucoup|s'il te plait|
    s'il vous plait|svp|stp|grazie|grazie mille|grazie in anticipo|per favore|obrigado|obrigada|bedankt|
    alvast bedankt|dank je|tack|tack pa forhand|dzieki|z gory dziekuje|tesekkurler|terima kasih|спасибо|
    спасибо заранее|заранее спасибо|пожалуйста|
    谢谢|谢谢你|多谢|拜托了|ありがとう|ありがとうございます|お願いします|
    감사합니다|고마워|고맙습니다|mil gracias|muchas gracias de antemano|vielen dank im voraus|merci bien|danke sehr|
    ok|okay|lol|haha|for me|🙏|😊|🙂|😅|😂|❤️"""
_FILLER: Final = frozenset(
    """i you we me my your it its this that these the a an one to for with of on in at is are was be am been have
    has had do does did can could will would shall should may might must please help need want like know question
    questions quick thing things something anything here there now just really so very much well hope hoping fine
    good great nice day morning evening today week thanks thank appreciate sorry bother time minute moment second
    get got give let tell say ask asking wondering stuck confused urgent hurry asap advance kindly hello hi hey ok
    okay and or but if not no yes us some any bit little new here first all best possible able trying thought maybe
    lot too i'm i've i'd it's don't can't you're work today's assistant ai chatgpt bot model helpful expert answer
    reply respond following below previous request prompt message carefully honest honestly brutally polite dear sir
    madam guys everyone someone anyone figure out how go look take by as doing going finds week weekend everything
    also mind use colleague coworker friend boss wife husband mom mum dad teacher son daughter brother sister neighbour
    neighbor roommate asked asks told wants wanted had came never knew clue idea curious curiosity silly stupid dumb weird
    random sound sounds isn't wasn't doesn't didn't awesome cool grateful glad perfect fast quickly soon own because since
    love understand learn lately always usually ages while talking talked chatting own sake""".split()  # noqa: SIM905  a list of 200 strings cannot be read
)

Tree = dict[str, Any]
_END: Final = ""
_END_BEFORE_MARK: Final = ":"


def _phrases(text: str) -> list[str]:
    return [" ".join(phrase.split()) for phrase in text.split("|")]


def _tree(phrases: Iterable[str], *, backwards: bool = False) -> Tree:
    """Phrases as a tree of words; a phrase that ends in `:` may end only before a mark."""
    root: Tree = {}
    for phrase in phrases:
        guarded = len(phrase) > 2 and phrase.endswith(":")
        words = _PIECE.findall(phrase[:-1] if guarded else phrase)
        node = root
        for word in reversed(words) if backwards else words:
            node = node.setdefault(word, {})
        node[_END_BEFORE_MARK if guarded else _END] = {}
    return root


def _all_openers() -> list[str]:
    greetings = [*_GREETINGS.split(), *_phrases(_GREETINGS_OF_TWO)]
    addressed = [f"{greeting} {whom}" for greeting in greetings[:12] for whom in _ADDRESSED.split()]
    return [*greetings, *addressed, "hi there everyone", "hello there assistant", *_phrases(_OPENERS)]


_LEADING: Final = _tree(_all_openers())
_TRAILING: Final = _tree(_phrases(_CLOSERS), backwards=True)


def bounded(text: str) -> str:
    """The part of a prompt that is looked at: all of it up to 2,100 characters, else its front and its end."""
    if ":" in text[:_ROLE_WITHIN]:
        text = _last_turn(text)
    if "<" in text and any(name in text[:_NOISE_WITHIN] for name in _NOISE_NAMES):
        text = _quiet(text[:_NOISE_WITHIN]) + text[max(_NOISE_WITHIN, len(text) - TAIL) :]
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n{text[-TAIL:]}"


def _last_turn(text: str) -> str:
    """Of a pasted conversation (`User: … Assistant: … User: …`) the last thing that the user says."""
    start = text[:_ROLE_WITHIN].lstrip().lower()
    role = next((name for name in _ROLES if start.startswith(name)), None)
    if role is None:
        return text
    recent = text[-_NOISE_WITHIN:].lower()
    place = recent.rfind(f"\n{role}")
    if place < 0 or not any(f"\n{name}" in recent[:place] for name in _ANSWERERS):
        return text
    last = text[-_NOISE_WITHIN:][place + len(role) + 1 :].strip()
    end = min((at for name in _ANSWERERS if (at := last.lower().rfind(f"\n{name}")) >= 0), default=len(last))
    return last[:end].strip() or text


def _quiet(text: str) -> str:
    """A text without the blocks that harnesses put around what a person wrote."""
    for name in _NOISE_NAMES:
        start = text.find(f"<{name}")
        while start >= 0:
            end = text.find(f"</{name}>", start)
            text = text[:start] + " " + (text[end + len(name) + 3 :] if end >= 0 else "")
            start = text.find(f"<{name}", start)
    return text


def unwrapped(text: str) -> str:
    """A lower-cased, accent-folded text without the courtesies at its ends; the text itself when nothing else is in it."""
    core = text.strip()
    for _ in range(3):
        shorter = _without_last(_without_sentence(_without_tail(_without_lead(_unquoted(core)))))
        if shorter == core:
            break
        core = shorter
    return core


def _unquoted(text: str) -> str:
    """A text without the quotation marks around all of it."""
    if len(text) > 4 and _QUOTES.get(text[0]) == text[-1] and text[0] not in text[1:-1] and text[-1] not in text[1:-1]:
        return text[1:-1].strip()
    return text


def _without_lead(text: str) -> str:
    first = _PIECE.match(text)
    if first is None or first.group() not in _LEADING:
        return text
    head = text[: _REACH + 40]
    pieces = list(_PIECE.finditer(head))
    words = [piece.group() for piece in pieces]
    place = 0
    while place < len(words) and pieces[place].start() < _REACH:
        length = _longest(_LEADING, words, place, head, pieces)
        if not length:
            break
        place += length
        while place < len(words) and words[place] in _MARKS:
            place += 1
    if not place or place >= len(words):
        return text
    rest = text[pieces[place].start() :]
    return rest if _substantial(rest) else text


def _longest(tree: Tree, words: list[str], place: int, head: str, pieces: "list[re.Match[str]]") -> int:
    """How many words the longest phrase takes that begins here; 0 when none does."""
    node, best = tree, 0
    for length, word in enumerate(words[place : place + 9], 1):
        if word not in node:
            break
        node = node[word]
        if _END in node:
            best = length
        elif _END_BEFORE_MARK in node:
            after = head[pieces[place + length - 1].end() :].lstrip(" \t")[:1]
            if after in _STOPS or not after:
                best = length
    return best


def _without_tail(text: str) -> str:
    start = max(0, len(text) - _REACH)
    last = text[-24:].rstrip(" \t\n.,;!?*-–—").rpartition(" ")[2].rpartition("\n")[2]
    if last and last.isascii() and last.isalpha() and last not in _TRAILING:
        return text
    pieces = list(_PIECE.finditer(text, start))
    words = [piece.group() for piece in pieces]
    place = len(words)
    cut = place
    while place:
        while place and words[place - 1] in _MARKS:
            place -= 1
        length = _longest_back(words, place)
        if not length:
            break
        place -= length
        cut = place
    if cut == len(words) or not cut or not _substantial(text[: pieces[cut].start()]):
        return text
    kept = text[: pieces[cut].start()].rstrip(" \t\n,;-–—")
    return kept.rstrip()


def _longest_back(words: list[str], place: int) -> int:
    node, best = _TRAILING, 0
    for length in range(1, min(9, place) + 1):
        if words[place - length] not in node:
            break
        node = node[words[place - length]]
        if _END in node:
            best = length
    return best


def _without_sentence(text: str) -> str:
    """A text without its first sentence when that is nothing but filler."""
    head = text[:110]
    ends = [place for mark in (". ", "! ", "? ", ": ", "\n", ", but ", " - ") if (place := head.find(mark, 0, 100)) > 0]
    if not ends:
        return text
    end = min(ends)
    rest = text[end + 1 :].lstrip(" \n.!?:").removeprefix("but ").removeprefix("- ")
    return rest if _is_filler(head[:end]) and _substantial(rest) else text


def _without_last(text: str) -> str:
    """A text without its last sentence when that is nothing but filler."""
    tail = text[-110:-2]
    start = max(tail.rfind(mark) for mark in (". ", "! ", "? ", "\n"))
    if start < 0:
        return text
    place = max(0, len(text) - 110) + start + 1
    kept = text[:place].rstrip()
    return kept if _is_filler(text[place:]) and _substantial(kept) else text


def _is_filler(sentence: str) -> bool:
    words = _PIECE.findall(sentence)
    return len(words) <= 16 and all(word in _FILLER or not word[0].isalnum() for word in words)


def _substantial(text: str) -> bool:
    """Whether a text still asks something: a word beyond filler, or something that is not words at all."""
    return any(word not in _FILLER and (word[0].isalnum() or ord(word[0]) > 0x2FF) for word in _PIECE.findall(text[:200]))
