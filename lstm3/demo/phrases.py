"""Noun phrases, drawn in both languages at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lstm3.demo import english, german
from lstm3.demo.dice import Dice
from lstm3.demo.german import Cases
from lstm3.demo.lexicon import ADJECTIVES, NOUNS, Noun
from lstm3.demo.names import MEN, SURNAMES, WOMEN
from lstm3.demo.noun_phrase import (
    ENGLISH_PRONOUNS,
    GERMAN_PRONOUNS,
    PAIRS,
    NounPhrase,
    pronoun,
)

_OF_GENDER = {"m": "er", "f": "sie", "n": "es", "p": "they"}
_DETERMINERS = {
    "der": "the",
    "dies": "this",
    "jed": "every",
    "welch": "which",
    "ein": "a",
    "kein": "a",
    "all": "all the",
    "viel": "many",
    "einig": "some",
}
_PLURAL_DETERMINERS = {**_DETERMINERS, "dies": "these", "kein": "any"}
_SPOUSES = {"woman": "wife", "man": "husband"}


@dataclass(frozen=True, kw_only=True)
class Phrases:
    """Draws noun phrases."""

    dice: Dice

    def subject(self) -> NounPhrase:
        """Return somebody: a pronoun, a person with a name, or a person that a noun names."""
        if self.dice.chance(0.3):
            return pronoun(*self.dice.zipf(PAIRS))
        if self.dice.chance(0.2):
            return self.name()
        return self.noun_phrase(("person",), plenty=0.1)

    def other_person(self, subject: NounPhrase) -> NounPhrase:
        """Return somebody beside the subject, as an object."""
        if self.dice.chance(0.25):
            third = tuple(pair for pair in PAIRS if pair[0] in ("er", "sie", "they"))
            return pronoun(*self.dice.pick(PAIRS if subject.is_third_person else third))
        if self.dice.chance(0.2):
            return self.name()
        return self.noun_phrase(("person",), owner=subject)

    def name(self) -> NounPhrase:
        is_woman = self.dice.chance(0.5)
        if self.dice.chance(0.6):
            first = self.dice.zipf(WOMEN if is_woman else MEN)
            forms, in_english = (first, first, first), first
        else:
            surname = self.dice.zipf(SURNAMES)
            title, oblique = ("Frau", "Frau") if is_woman else ("Herr", "Herrn")
            forms = (f"{title} {surname}", f"{oblique} {surname}", f"{oblique} {surname}")
            in_english = f"{self.dice.word('Mrs/Ms') if is_woman else 'Mr'} {surname}"
        return NounPhrase(
            german=forms,
            subject=in_english,
            object=in_english,
            pronoun="sie" if is_woman else "er",
            english_pronoun="she" if is_woman else "he",
            negation="nicht",
        )

    def noun_phrase(
        self,
        kinds: Sequence[str],
        *,
        owner: NounPhrase | None = None,
        negated: bool = False,
        plenty: float = 0.3,
    ) -> NounPhrase:
        """Return a phrase with a noun of one of these kinds.

        `owner` is whom `his` and `her` mean. With `negated` there may be a `kein`. `plenty` is the
        probability that the phrase is indefinite: one, some, many or a number of things.
        """
        noun = self.noun(kinds)
        if negated:
            stem = self.dice.pick(("der", "der", "kein", "kein", "dies"))
            return self.compose(noun, stem, is_plural=self.dice.chance(0.25))
        if self.dice.chance(plenty):
            if self.dice.chance(0.5):
                return self.compose(noun, "ein")
            stem = self.dice.pick(("", "viel", "einig", "all", str(self.dice.number())))
            return self.compose(noun, stem, is_plural=True)
        if self.dice.chance(0.3):
            return self._owned(noun, owner)
        stem = self.dice.zipf(("der", "der", "der", "ein", "dies", "jed"))
        is_plural = stem in ("der", "dies") and self.dice.chance(0.2)
        return self.compose(noun, stem, is_plural=is_plural)

    def known_thing(self, noun: Noun) -> NounPhrase:
        """Return a definite phrase without an adjective."""
        if self.dice.chance(0.3):
            return self._owned(noun, None, is_plain=True)
        stem = self.dice.pick(("der", "der", "dies"))
        return self.compose(noun, stem, is_plural=self.dice.chance(0.2), is_plain=True)

    def noun(self, kinds: Sequence[str]) -> Noun:
        return self.dice.zipf(NOUNS[self.dice.pick(kinds)])

    def _owned(self, noun: Noun, owner: NounPhrase | None, *, is_plain: bool = False) -> NounPhrase:
        """Return a phrase with a possessive, or with the name of the owner."""
        if noun.english in _SPOUSES:  # one at a time, and not everybody's
            return self.compose(noun, self.dice.pick(("ich/I", "du/you")), is_plain=True)
        is_plural = self.dice.chance(0.2)
        if self.dice.chance(0.2):
            name = self.dice.zipf(self.dice.pick((WOMEN, MEN)))
            return self.compose(noun, name + "'", is_plural=is_plural, is_plain=True)
        pair = self.dice.pick(PAIRS)
        if owner is not None and self.dice.chance(0.8):
            pair = (owner.pronoun, owner.english_pronoun)
        return self.compose(noun, "/".join(pair), is_plural=is_plural, is_plain=is_plain)

    def compose(
        self, noun: Noun, stem: str, *, is_plural: bool = False, is_plain: bool = False
    ) -> NounPhrase:
        """Return the phrase of a determiner, an adjective unless `is_plain`, and a noun.

        A determiner is its German stem (empty: there is none), digits, a pair of pronouns for a
        possessive (`er/he`), or a name with an apostrophe.
        """
        gender = "p" if is_plural else noun.gender
        determiners, english_determiner = _determiner(stem, gender)
        adjectives, english_adjective = ("", "", ""), ""
        if not is_plain and self.dice.chance(0.3):
            entry, _, in_english = self.dice.zipf(ADJECTIVES[noun.kind]).partition(" ")
            adjectives = german.adjective(entry, _german_stem(stem), gender)
            english_adjective = self.dice.word(in_english)
        columns = zip(determiners, adjectives, _cases(noun, is_plural=is_plural), strict=True)
        nom, acc, dat = (" ".join(filter(None, column)) for column in columns)
        in_english = self.dice.word(noun.english)
        if "/" in stem:
            in_english = _SPOUSES.get(in_english, in_english)
        if is_plural:
            in_english = english.plural(in_english)
        in_english = " ".join(filter(None, (english_adjective, in_english)))
        if english_determiner == "a":
            in_english = english.a_or_an(in_english)
        elif english_determiner:
            in_english = f"{english_determiner} {in_english}"
        return NounPhrase(
            german=(nom, acc, dat),
            subject=in_english,
            object=in_english,
            pronoun=_OF_GENDER[gender],
            english_pronoun="they" if is_plural else _english_pronoun(noun),
            kind=noun.kind,
            negation=_negation(stem),
        )


def _cases(noun: Noun, *, is_plural: bool) -> Cases:
    if is_plural:
        return noun.plural, noun.plural, german.dative_plural(noun.plural)
    return noun.singular, noun.oblique, noun.oblique


def _german_stem(stem: str) -> str:
    return GERMAN_PRONOUNS[stem.partition("/")[0]].possessive if "/" in stem else stem


def _determiner(stem: str, gender: str) -> tuple[Cases, str]:
    """Return the German forms and the English word."""
    if "/" in stem:
        _, _, possessive = ENGLISH_PRONOUNS[stem.partition("/")[2]]
        return german.determiner(_german_stem(stem), gender), possessive
    if stem.endswith("'"):
        name = stem.removesuffix("'") + "s"
        return (name, name, name), stem + "s"
    if stem == "" or stem.isdigit():
        return (stem, stem, stem), stem
    words = _PLURAL_DETERMINERS if gender == "p" else _DETERMINERS
    return german.determiner(stem, gender), words[stem]


def _negation(stem: str) -> str:
    """Return how a clause is negated whose object has this determiner."""
    if stem == "kein":
        return "kein"
    return "nicht" if stem in ("der", "dies") or stem.endswith("'") or "/" in stem else ""


def _english_pronoun(noun: Noun) -> str:
    if noun.english == "girl":
        return "she"
    is_person = noun.kind == "person" and noun.gender != "n"
    return {"m": "he", "f": "she"}[noun.gender] if is_person else "it"
