"""Where something is, happens or goes."""

from __future__ import annotations

from dataclasses import dataclass

from lstm3.demo.clauses import Pair, join
from lstm3.demo.dice import Dice
from lstm3.demo.german import ACC, DAT, with_preposition
from lstm3.demo.names import CITIES
from lstm3.demo.phrases import Phrases

_OUTSIDE = ("building", "spot")
_PLACES = ("room", *_OUTSIDE)


@dataclass(frozen=True, kw_only=True)
class Places:
    """Draws places, as prepositional phrases."""

    dice: Dice
    phrases: Phrases

    def place(self) -> Pair:
        """Return where something happens."""
        noun = self.phrases.noun(_PLACES)
        where = self.phrases.compose(noun, self.dice.zipf(("der", "der", "ein", "dies")))
        preposition, in_english = noun.place
        if noun.kind == "building" and self.dice.chance(0.4):
            preposition, in_english = self.dice.pick(
                (("vor", "in front of"), ("hinter", "behind"), ("neben", "next to"))
            )
        return with_preposition(preposition, where.german[DAT]), join(in_english, where.object)

    def destination(self, *, is_outside: bool) -> Pair:
        """Return where somebody goes; nobody drives to a kitchen."""
        if self.dice.chance(0.35):
            city, english_city = self.dice.zipf(CITIES)
            return f"nach {city}", f"to {english_city}"
        noun = self.phrases.noun(_OUTSIDE if is_outside else _PLACES)
        where = self.phrases.compose(noun, self.dice.zipf(("der", "der", "ein", "dies")))
        if noun.place[0] == "in" and self.dice.chance(0.6):
            inside = with_preposition("in", where.german[ACC])
            return inside, join(self.dice.word("into/to"), where.object)
        return with_preposition("zu", where.german[DAT]), join("to", where.object)

    def surface(self, case: int) -> Pair:
        """Return on, under or beside what a thing lies (DAT) or is put (ACC)."""
        preposition, in_english = self.dice.zipf(
            (("auf", "on"), ("unter", "under"), ("neben", "next to"))
        )
        where = self.phrases.compose(self.phrases.noun(("surface",)), "der")
        return with_preposition(preposition, where.german[case]), join(in_english, where.object)
