"""English inflection, as far as the corpus needs it. Persons go by their German names."""

from __future__ import annotations

_PLURALS = {
    "child": "children",
    "fish": "fish",
    "man": "men",
    "mouse": "mice",
    "potato": "potatoes",
    "scarf": "scarves",
    "sheep": "sheep",
    "shelf": "shelves",
    "tomato": "tomatoes",
    "knife": "knives",
    "woman": "women",
}
# Past and participle.
_IRREGULAR = {
    base: (past, participle)
    for base, past, participle in (
        line.split()
        for line in """
            be was been
            begin began begun
            bring brought brought
            buy bought bought
            come came come
            do did done
            drive drove driven
            eat ate eaten
            fall fell fallen
            find found found
            forget forgot forgotten
            get got got
            give gave given
            go went gone
            have had had
            hear heard heard
            know knew known
            lay laid laid
            lend lent lent
            lie lay lain
            lose lost lost
            meet met met
            pay paid paid
            put put put
            read read read
            run ran run
            say said said
            see saw seen
            sell sold sold
            send sent sent
            shut shut shut
            sing sang sung
            sit sat sat
            sleep slept slept
            speak spoke spoken
            stand stood stood
            take took taken
            think thought thought
            throw threw thrown
            understand understood understood
            wake woke woken
            write wrote written""".strip().splitlines()
    )
}
_DOUBLED = {"begin", "chat", "forget", "get", "put", "run", "shut", "sit", "travel"}
_BE = {"ich": ("am", "was"), "du": ("are", "were"), "er": ("is", "was"), "wir": ("are", "were")}
_MODALS = {"can", "may", "must", "should", "will", "would"}
AUXILIARIES = {"be", *_MODALS}  # they need no `do`


def plural(noun: str) -> str:
    """Return a noun's plural; of several words the last one changes."""
    *before, last = noun.split(" ")
    if last in _PLURALS:
        last = _PLURALS[last]
    elif last.endswith(("s", "x", "ch", "sh")):
        last += "es"
    elif last.endswith("y") and last[-2] not in "aeiou":
        last = last[:-1] + "ies"
    else:
        last += "s"
    return " ".join([*before, last])


def a_or_an(phrase: str) -> str:
    """Return the phrase with its indefinite article."""
    starts_with_vowel = phrase[0] in "aeiou" and not phrase.startswith("use")
    return f"{'an' if starts_with_vowel or phrase.startswith('honest') else 'a'} {phrase}"


def finite(verb: str, person: str, *, is_past: bool) -> str:
    """Return the finite form of one verb."""
    if verb == "be":
        return _BE[person][is_past]
    if verb in _MODALS:
        return verb
    if is_past:
        return _IRREGULAR[verb][0] if verb in _IRREGULAR else _regular_past(verb)
    if person != "er":
        return verb
    if verb in ("do", "go"):
        return verb + "es"
    return "has" if verb == "have" else plural(verb)  # otherwise the spelling of plurals


def participle(verb: str) -> str:
    """Return the past participle."""
    return _IRREGULAR[verb][1] if verb in _IRREGULAR else _regular_past(verb)


def gerund(verb: str) -> str:
    """Return the form in -ing."""
    if verb in _DOUBLED:
        return verb + verb[-1] + "ing"
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith("ee"):
        return verb[:-1] + "ing"
    return verb + "ing"


def _regular_past(verb: str) -> str:
    if verb in _DOUBLED:
        return verb + verb[-1] + "ed"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ied"
    return verb + ("d" if verb.endswith("e") else "ed")
