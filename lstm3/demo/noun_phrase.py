"""A noun phrase in both languages, and the pronouns that stand for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lstm3.demo.german import Cases


@dataclass(frozen=True, kw_only=True)
class NounPhrase:
    """A phrase in both languages; `person` is that of its verb, in PERSONS."""

    german: Cases
    subject: str  # English
    object: str
    pronoun: str  # what may stand for it, in GERMAN_PRONOUNS
    english_pronoun: str
    kind: str = "person"
    negation: str = ""  # how a clause with this object is negated: nicht, kein, or not at all
    is_pronoun: bool = False

    @property
    def person(self) -> str:
        return {"ich": "ich", "du": "du", "er": "er", "sie": "er", "es": "er"}.get(
            self.pronoun, "wir"
        )

    @property
    def is_third_person(self) -> bool:
        return self.pronoun in ("er", "sie", "es", "they")

    @property
    def gender(self) -> str:
        return {"er": "m", "sie": "f", "es": "n"}.get(self.pronoun, "p")


@dataclass(frozen=True, kw_only=True)
class Pronoun:
    forms: Cases
    reflexive: str
    possessive: str


GERMAN_PRONOUNS: Mapping[str, Pronoun] = {
    name: Pronoun(forms=(nom, acc, dat), reflexive=reflexive, possessive=possessive)
    for name, nom, acc, dat, reflexive, possessive in (
        ("ich", "ich", "mich", "mir", "mich", "mein"),
        ("du", "du", "dich", "dir", "dich", "dein"),
        ("er", "er", "ihn", "ihm", "sich", "sein"),
        ("sie", "sie", "sie", "ihr", "sich", "ihr"),
        ("es", "es", "es", "ihm", "sich", "sein"),
        ("wir", "wir", "uns", "uns", "uns", "unser"),
        ("they", "sie", "sie", "ihnen", "sich", "ihr"),
        ("Sie", "Sie", "Sie", "Ihnen", "sich", "Ihr"),
    )
}
# Subject, object, possessive.
ENGLISH_PRONOUNS: Mapping[str, Cases] = {
    "I": ("I", "me", "my"),
    "you": ("you", "you", "your"),
    "he": ("he", "him", "his"),
    "she": ("she", "her", "her"),
    "it": ("it", "it", "its"),
    "we": ("we", "us", "our"),
    "they": ("they", "them", "their"),
}
PAIRS = (
    ("er", "he"),
    ("sie", "she"),
    ("ich", "I"),
    ("wir", "we"),
    ("they", "they"),
    ("du", "you"),
    ("Sie", "you"),
)


def pronoun(name: str, english_name: str) -> NounPhrase:
    subject, object_, _ = ENGLISH_PRONOUNS[english_name]
    return NounPhrase(
        german=GERMAN_PRONOUNS[name].forms,
        subject=subject,
        object=object_,
        pronoun=name,
        english_pronoun=english_name,
        negation="nicht",
        is_pronoun=True,
    )


def pronoun_for(phrase: NounPhrase) -> NounPhrase:
    """Return the pronoun that stands for the phrase when it is mentioned again."""
    return pronoun(phrase.pronoun, phrase.english_pronoun)
