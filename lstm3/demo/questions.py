"""Questions, asked and reported."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from lstm3.demo.clauses import (
    Clause,
    Pair,
    english_question,
    english_statement,
    german_main,
    german_subordinate,
    join,
)
from lstm3.demo.dice import Dice
from lstm3.demo.frames import Frames, gap
from lstm3.demo.german import ACC
from lstm3.demo.noun_phrase import pronoun
from lstm3.demo.phrases import Phrases
from lstm3.demo.tenses import Setting

_SETTINGS = tuple(Setting(when=when, may_negate=False) for when in ("present", "past", "future"))
_OPENINGS = (
    ("weißt du", "do you know", "?"),
    ("wissen Sie", "do you know", "?"),
    ("ich weiß nicht", "I do not know", "."),
    ("er fragt", "he asks", "."),
    ("sie fragt sich", "she wonders", "."),
)


@dataclass(frozen=True, kw_only=True)
class Questions:
    """Draws questions."""

    dice: Dice
    phrases: Phrases
    frames: Frames

    def yes_or_no(self) -> Pair:
        clause = self.frames.clause(self.phrases.subject(), self.dice.pick(_SETTINGS))
        return german_main(clause, "") + "?", english_question(clause) + "?"

    def indirect(self) -> Pair:
        clause = self.frames.clause(self.phrases.subject(), self.dice.pick(_SETTINGS))
        word, in_english = self.dice.pick((("ob", "whether/if"), ("warum", "why")))
        opening, english_opening, end = self.dice.pick(_OPENINGS)
        statement = join(english_opening, self.dice.word(in_english), english_statement(clause))
        return f"{opening}, {word} {german_subordinate(clause)}{end}", statement + end

    def open(self) -> Pair:
        """Return a question for one part of a clause."""
        ask = self.dice.pick(
            (self._subject, self._place, self._time, self._reason) + (self._object,) * 3
        )
        in_german, in_english = ask(self.dice.pick(_SETTINGS))
        return in_german + "?", in_english + "?"

    def _subject(self, setting: Setting) -> Pair:
        forms = ("wer", "wen", "wem")
        who = dataclasses.replace(pronoun("er", "he"), german=forms, subject="who")
        clause = self.frames.clause(who, setting)
        return german_main(clause), english_statement(clause)

    def _place(self, setting: Setting) -> Pair:
        clause = self.frames.intransitive(self.phrases.subject(), setting, placed=False)
        return _asked(clause, ("wo", "where"))

    def _time(self, setting: Setting) -> Pair:
        timeless = dataclasses.replace(setting, has_time=False)
        return _asked(self.frames.motion(self.phrases.subject(), timeless), ("wann", "when"))

    def _reason(self, setting: Setting) -> Pair:
        return _asked(self.frames.clause(self.phrases.subject(), setting), ("warum", "why"))

    def _object(self, setting: Setting) -> Pair:
        """Return a question for a direct object, or for which or how many of its kind."""
        kind = self.dice.pick(("person", "text", "thing", "food", "vehicle"))
        clause = self.frames.transitive(self.phrases.subject(), setting, gap(kind))
        asked = self.dice.pick(("all", "which", "how many"))
        if asked == "all":
            return _asked(clause, ("wen", "who") if kind == "person" else ("was", "what"))
        noun = self.phrases.noun((kind,))
        if asked == "which":
            which = self.phrases.compose(noun, "welch", is_plural=self.dice.chance(0.2))
            return _asked(clause, (which.german[ACC], which.object))
        many = self.phrases.compose(noun, "viel", is_plural=True)
        return _asked(clause, (f"wie {many.german[ACC]}", f"how {many.object}"))


def _asked(clause: Clause, question_word: Pair) -> Pair:
    in_german, in_english = question_word
    return german_main(clause, in_german), english_question(clause, in_english)
