"""When something happens, and the tenses that say so."""

from __future__ import annotations

from dataclasses import dataclass

from lstm3.demo import verbs
from lstm3.demo.clauses import Adverbial, Tense
from lstm3.demo.dice import Dice
from lstm3.demo.names import WEEKDAYS
from lstm3.demo.noun_phrase import NounPhrase


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is drawn with any verb."""

    when: str = "present"  # past, future
    has_time: bool = True  # whether a time may be named
    may_negate: bool = True


@dataclass(frozen=True, kw_only=True)
class Tenses:
    """Draws times and tenses."""

    dice: Dice

    def time(self, setting: Setting, in_english: str, negation: str) -> Adverbial | None:
        """Return when something happens, or nothing where none is named or none would fit."""
        named = setting.has_time and negation != "nie" and not verbs.is_timeless(in_english)
        if not named or self.dice.chance(0.55):
            return None
        german, english, acts = self.dice.zipf(verbs.TIMES[setting.when])
        if negation and acts not in ("end", "now"):
            return None
        day, english_day = self.dice.zipf(WEEKDAYS)
        numbers = {
            "N": 2 + self.dice.below(18),
            "Y": 1950 + self.dice.below(75),
            "H": 2 + self.dice.below(11),
        }
        return Adverbial(
            german=german.format(W=day, **numbers),
            english=self.dice.word(english).format(W=english_day, **numbers),
            acts=acts,
        )

    def tense(
        self,
        subject: NounPhrase,
        setting: Setting,
        in_english: str,
        negation: str,
        time: Adverbial | None,
    ) -> Tense:
        is_past = setting.when == "past"
        if verbs.is_timeless(in_english):
            return simple_tense(is_past=is_past)
        if time is not None and time.acts == "perfect":
            return Tense(german="perfect", english="perfect")
        if not verbs.is_stative(in_english) and self.dice.chance(0.2):
            return self._modal(negation, is_past=is_past)
        if is_past:
            # Nobody says "du gingst".
            if subject.person == "du" or self.dice.chance(0.55):
                return Tense(german="perfect", english="simple", english_is_past=True)
            return simple_tense(is_past=True)
        if setting.when == "future":
            is_clear = time is not None and self.dice.chance(0.5)
            english = self.dice.word(verbs.FUTURE)
            return Tense(german="simple" if is_clear else "werden", english=english)
        if negation == "nie":
            return simple_tense(is_past=False)
        return self._present(in_english, "end" if time is None else time.acts)

    def _modal(self, negation: str, *, is_past: bool) -> Tense:
        modal = self.dice.zipf([m for m in verbs.MODALS if m.past or not is_past])
        phrases = modal.past if is_past else modal.negated if negation else modal.english
        return Tense(
            german=modal.german,
            english=self.dice.word(phrases),
            german_is_past=is_past,
            english_is_past=is_past,
        )

    def _present(self, in_english: str, acts: str) -> Tense:
        """Return a present, which English divides in two."""
        may_go_on = not verbs.is_stative(in_english) and acts in ("end", "now")
        goes_on = may_go_on and (acts == "now" or self.dice.chance(0.5))
        return Tense(german="simple", english="progressive" if goes_on else "simple")


def simple_tense(*, is_past: bool) -> Tense:
    """Return the tense without auxiliaries."""
    return Tense(german="simple", english="simple", german_is_past=is_past, english_is_past=is_past)
