"""What a prompt asks for: which thing, which of them, where, and beside what.

A description (``the second cup from the left``, ``the man with the red umbrella``), a question about what is
beside something (``what is the dog lying on?``), or neither: then :func:`parse` gives None, and the meaning
of the whole sentence has to be looked up elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from converseg_core.mini.grammar_words import (
    AUXILIARIES,
    BODY_PARTS,
    FILLERS,
    GENERIC,
    MODALS,
    NUMBERS,
    OUTSIDE_PRONOUNS,
    PERSON_PRONOUNS,
    VERBS,
    Relation,
    is_participle,
    verb_of,
)
from converseg_core.mini.lexicon import MEMBERS
from converseg_core.mini.noun_phrase import modifiers, noun_phrase
from converseg_core.mini.nouns import noun_at
from converseg_core.mini.phrase import PERSON, Link, Phrase
from converseg_core.mini.wordpiece import split_text

_QUESTION_WORDS = frozenset({"what", "which", "who", "whom", "whose", "where", "how", "why", "when"})
_POLITE = re.compile(
    r"^(?:please|hey|ok|okay|now|so|then|(?:can|could|would|will) you(?: please)?|i (?:am|m) looking for|"
    r"(?:i|we) (?:want|need|would like|see|mean)(?: to see)?|"
    r"(?:give|hand|bring|get|pass|show|find|fetch|grab)(?: me| us)?|"
    r"(?:point|look)(?: (?:at|out|to|for))?|locate|highlight|segment|mark|mask|select|outline|"
    r"pick(?: out| up)?|detect|identify|spot|see|take|search for|(?:where|who) (?:is|are|s|re)|"
    r"(?:is|are) there|do you see|i ?s|which (?:one )?(?:is|are)|what about|tell me)(?= )"
)
# "what is the dog lying on": the relation in which the thing that is asked for stands to the dog.
_STRANDED: dict[str, Relation] = {
    **dict.fromkeys(("on", "upon", "onto", "over", "above", "off"), "under"),
    **dict.fromkeys(("in", "inside", "through", "into"), "inside"),
    **dict.fromkeys(("at", "by", "against", "near", "to", "from"), "near"),
    **dict.fromkeys(("under", "beneath"), "above"),
    "with": "holds",
    "behind": "front",
}
_TRAILING = re.compile(
    r" (?:please|for me|for us|here|now|right now|in (?:the|this) (?:picture|photo|image|scene|frame|view)|"
    r"in view|you see|there)$"
)


def clauses(prompt: str) -> list[list[str]]:
    """Words of each clause; ``dog's mouth`` is the dog, ``what's`` is ``what is``."""
    text = (
        " ".join(split_text(prompt))
        .replace(" ' ", "'")
        .replace("n't", " not")
        .replace("- ", "")
        .replace(" -", "")
    )
    text = re.sub(r"\b(what|who|where|it|that|there|which|how|he|she)'s\b", r"\1 is", text)
    text = re.sub(r"'(re|m|ll|ve|d)\b", r" \1", text)
    text = re.sub(rf"'s (?:{'|'.join(sorted(BODY_PARTS))})\b", "", text)
    found = []
    for part in re.split(r"[,;:.?!]", text):
        words = [word for word in part.replace("'s", "").split() if any(char.isalnum() for char in word)]
        if words:
            found.append(words)
    return found


def parse(prompt: str) -> Phrase | None:
    """Read a prompt; None where the grammar can't say what is asked for."""
    parts = clauses(prompt)
    # In "I am cold, where is the blanket?" the question counts; of other clauses the first that can be read.
    asking = [words for words in parts if words[0] in _QUESTION_WORDS]
    for words in [*asking, *(words for words in parts if words not in asking)]:
        phrase = _clause(words)
        if phrase is not None:
            rest = [other for other in parts if other is not words and other not in asking]
            return _with_rest(phrase, rest)
        if words in asking:
            return None
    return None


def kind_asked(prompt: str) -> frozenset[str]:
    """The classes of N in ``which N can ...``; empty where there is no such noun."""
    for words in clauses(prompt):
        if words[0] in ("which", "what") and len(words) > 1 and words[1] not in AUXILIARIES | MODALS:
            place = 1
            while place < len(words) - 1 and words[place] in {"one", "of", "the", "these", "those", *NUMBERS}:
                place += 1
            noun = noun_at(words, place)
            if noun is not None and words[place] not in GENERIC:
                return noun.classes
    return frozenset()


def mentioned(prompt: str) -> frozenset[str]:
    """The classes of the single-class nouns in a sentence, but for the one after ``which``."""
    found: set[str] = set()
    for words in clauses(prompt):
        place = 2 if words[0] in ("which", "what") else 0
        while place < len(words):
            noun = noun_at(words, place)
            if noun is not None and words[place] not in GENERIC and not verb_of(words[place]):
                found |= noun.classes
            place = noun.end if noun is not None else place + 1
    return frozenset(found)


def _with_rest(phrase: Phrase, rest: Sequence[list[str]]) -> Phrase:
    """``the elephant on the right, further away``: later clauses may say which."""
    for words in rest:
        if not phrase.side and not phrase.links:
            phrase, _ = modifiers(phrase, words, 0)
    return phrase


def _clause(words: list[str]) -> Phrase | None:
    text = " ".join(words)
    asked = _question(words)
    if asked is not None:
        return asked
    while True:
        shorter = _TRAILING.sub("", _POLITE.sub("", text, count=1)).strip()
        if shorter == text:
            break
        text = shorter
    words = text.split()
    if not words or words[0] in _QUESTION_WORDS or words[0] in ("i", "we", "it", "he", "she", "they", "you"):
        return _which(words)
    phrase, end = noun_phrase(words, 0)
    if phrase is None:
        return None
    # "something to sit on", "anything that I can cut with": what for, not which.
    after = words[end : end + 1]
    speaker = any(word in MODALS or word in ("i", "you", "we") for word in words[end:])
    if _anything(phrase) and (
        after in (["to"], ["for"]) or (after in (["that"], ["which"], ["i"]) and speaker)
    ):
        return None
    phrase, _ = modifiers(phrase, words, end)
    return None if _anything(phrase) and not phrase.picks else phrase


def _anything(phrase: Phrase) -> bool:
    return not phrase.names and not phrase.noun


def _which(words: list[str]) -> Phrase | None:
    """``which bag on the floor ...``: the noun after the question word, and what it is beside."""
    if (
        len(words) < 2
        or words[0] not in ("which", "what", "whose")
        or words[1] in AUXILIARIES | MODALS | GENERIC
    ):
        return None
    if words[0] == "what" and noun_at(words, 1) is None:
        return None
    phrase, end = noun_phrase(words, 1)
    if phrase is None or not phrase.names or end > 4:
        return None
    stop = next(
        (k for k in range(end, len(words)) if words[k] in MODALS | {"do", "does", "i", "you"}), len(words)
    )
    phrase, _ = modifiers(replace(phrase, bare=False), words[:stop], end)
    return phrase if phrase.picks or end == len(words) else None


def _question(words: list[str]) -> Phrase | None:
    """What stands, lies or is held beside something visible."""
    if words[0] not in ("what", "who", "where", "which") or len(words) < 3:
        return None
    start = 2 if words[1] in ("one", "thing", "animal", "object") else 1
    target = PERSON if words[0] == "who" else frozenset[str]()
    if words[0] in ("what", "which") and start == 2 and words[1] == "animal":
        target = frozenset(MEMBERS["animal"])
    if words[start] in MODALS or (words[start] not in AUXILIARIES and words[0] != "who"):
        return None
    rest = words[start + 1 :] if words[start] in AUXILIARIES else words[start:]
    while rest and rest[0] in ("just", "there", "currently", "now", "only"):
        rest = rest[1:]
    # "where does it go", "what is there to eat": what for, not beside what.
    if not rest or rest[0] in OUTSIDE_PRONOUNS or rest[0] in ("to", "going"):
        return None
    if words[0] == "where" and words[start] not in ("is", "are", "was", "were"):
        return None
    subject, end = noun_phrase(rest, 0)
    if rest[0] in PERSON_PRONOUNS:
        subject, end = Phrase(PERSON), 1
    elif "them" in rest[:5] and rest[0] in ("the", "both", "all", "two"):
        subject, end = Phrase(PERSON, many=True), rest.index("them") + 1
    doing = verb_of(rest[0]) is not None or is_participle(rest[0])
    if subject is not None and not doing and (subject.names or rest[0] in PERSON_PRONOUNS):
        return _beside_subject(subject, rest[end:], target, place=words[0] == "where")
    # "what is on the table", "who is holding the glass"
    phrase, read = modifiers(Phrase(target, many=not target, stuff=not target), rest, 0)
    verb = next((verb_of(word) for word in rest if verb_of(word)), None)
    if phrase.links and read and (target or rest[0] not in VERBS):
        return replace(phrase, stuff=phrase.stuff and verb is None)
    if target and start < len(words):
        return replace(phrase, many=False)
    return None


def _beside_subject(
    subject: Phrase, rest: list[str], target: frozenset[str], *, place: bool
) -> Phrase | None:
    """``what is <the dog> lying on``: the words after the subject say how the target stands to it."""
    while rest and rest[0] in FILLERS:
        rest = rest[1:]
    if subject.names and rest and rest[0] == "and":
        more, end = noun_phrase(rest, 1)
        if more is not None:
            subject, rest = replace(subject, names=subject.names | more.names), rest[end:]
    names = subject.names or PERSON
    if not rest:
        return None
    if any(word in ("i", "we", "you") for word in rest):
        return None
    verb = next((found for found in map(verb_of, rest) if found), None)
    last = rest[-1]
    if last == "with":
        return Phrase(target, links=(Link("holds", names),))
    if verb is not None and (
        last not in _STRANDED or verb in ("hold", "carry", "use", "wear", "throw", "catch", "swing")
    ):
        classes = _members(VERBS[verb])
        held = any(word in BODY_PARTS for word in rest)
        if not classes and not held and verb in ("look", "play", "push", "pull"):
            return Phrase(target, links=(Link("near", names),))
        return Phrase(classes, links=(Link("holds", names),))
    if any(word in BODY_PARTS for word in rest):
        return Phrase(target, links=(Link("holds", names),))
    if last in _STRANDED:
        return Phrase(target, links=(Link(_STRANDED[last], names),), stuff=True)
    if place or any(is_participle(word) for word in rest):
        relation: Relation = "under" if place or "crossing" in rest else "near"
        return Phrase(target, links=(Link(relation, names),), stuff=True)
    return None


def _members(entries: Sequence[str]) -> frozenset[str]:
    found: set[str] = set()
    for entry in entries:
        kind = entry.removeprefix("kind:")
        found |= set(MEMBERS[kind]) if kind != entry else {entry}
    return frozenset(found)
