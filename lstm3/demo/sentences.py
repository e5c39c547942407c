"""Sentences: clauses alone and put together."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from lstm3.demo import german, verbs
from lstm3.demo.clauses import (
    Adverbial,
    Clause,
    Pair,
    english_infinitive,
    english_statement,
    german_infinitive,
    german_main,
    german_subordinate,
    join,
)
from lstm3.demo.dice import Dice
from lstm3.demo.facts import Facts
from lstm3.demo.frames import Frames, gap
from lstm3.demo.german import ACC, DAT, NOM, GermanVerb
from lstm3.demo.noun_phrase import NounPhrase, pronoun, pronoun_for
from lstm3.demo.phrases import Phrases
from lstm3.demo.places import Places
from lstm3.demo.questions import Questions
from lstm3.demo.tenses import Setting, Tenses, simple_tense

_PRESENT, _PAST, _FUTURE = Setting(when="present"), Setting(when="past"), Setting(when="future")
_REASONS = (("weil", "because"), ("obwohl", "although/even though"))
_LINKS = (("aber", "but"), ("und", "and"), ("deshalb", "so"))
_THINGS = ("thing", "vehicle", "text", "building", "clothes", "device")


@dataclass(frozen=True, kw_only=True)
class Sentences:
    """Draws sentences."""

    dice: Dice
    phrases: Phrases
    frames: Frames
    facts: Facts
    questions: Questions

    @staticmethod
    def seeded(seed: int) -> Sentences:
        dice = Dice(seed)
        phrases = Phrases(dice=dice)
        places = Places(dice=dice, phrases=phrases)
        frames = Frames(dice=dice, phrases=phrases, places=places, tenses=Tenses(dice=dice))
        return Sentences(
            dice=dice,
            phrases=phrases,
            frames=frames,
            facts=Facts(dice=dice, phrases=phrases, frames=frames),
            questions=Questions(dice=dice, phrases=phrases, frames=frames),
        )

    def draw(self) -> Pair:
        """Return a sentence in German and in English, as plain text."""
        kind = self.dice.pick(
            (self._statement, self.facts.draw) * 9
            + (self._reason, self._related) * 4
            + (self.questions.yes_or_no, self.questions.open, self._condition, self._report) * 3
            + (self._moment, self._purpose, self._contrast, self._request) * 2
            + (self.questions.indirect,)
        )
        in_german, in_english = kind()
        return _finished(in_german), _finished(in_english)

    def _statement(self) -> Pair:
        return self._main(self.frames.clause(self.phrases.subject(), self._setting()))

    def _request(self) -> Pair:
        clause = self._deed(pronoun("Sie", "you"))
        please = Adverbial(german="bitte", english="", acts="end")
        asked = dataclasses.replace(clause, time=please, tense=simple_tense(is_past=False))
        return german_main(asked, "") + "!", f"please {english_infinitive(asked)}"

    def _purpose(self) -> Pair:
        """Return where somebody goes, and what to do."""
        subject = self.phrases.subject()
        setting = dataclasses.replace(self._setting(), may_negate=False)
        in_german, in_english = self._main(self.frames.motion(subject, setting))
        deed = self._deed(subject)
        to = self.dice.word("to/in order to")
        return (
            f"{in_german}, um {german_infinitive(deed)}",
            join(in_english, to, english_infinitive(deed)),
        )

    def _contrast(self) -> Pair:
        """Return two main clauses."""
        setting = self.dice.pick((_PRESENT, _PAST))
        first = self.frames.clause(self.phrases.subject(), setting)
        second = self.frames.clause(self._again(first.subject), setting)
        in_german, in_english = self._main(first)
        link, english_link = self.dice.pick(_LINKS)
        is_adverb = link == "deshalb"  # it takes the place before the verb
        rest = german_main(second, link) if is_adverb else f"{link} {german_main(second)}"
        comma = "" if link == "und" else ","
        return (
            f"{in_german}{comma} {rest}",
            f"{in_english}{comma} {english_link} {english_statement(second)}",
        )

    def _reason(self) -> Pair:
        """Return a clause and why, or in spite of what, it is so."""
        setting = self.dice.pick((_PRESENT, _PAST))
        first = self.frames.clause(self.phrases.subject(), setting)
        second = self.frames.clause(self._again(first.subject), setting)
        conjunction = self.dice.pick(_REASONS)
        if self.dice.chance(0.3):
            return self._subordinate_first(conjunction, first, second)
        return self._subordinate_last(first, conjunction, second)

    def _condition(self) -> Pair:
        """Return what will be if something is; English says `will` in the main clause alone."""
        subject = self.phrases.subject()
        conjunction = ("wenn", "if/when")
        calm = Setting(has_time=False)
        if self.dice.chance(0.7):
            condition = self.frames.clause(subject, calm)
            rest = self.frames.clause(self._again(subject), _FUTURE)
            return self._subordinate_first(conjunction, _without_progressive(condition), rest)
        main = self.frames.clause(subject, _FUTURE)
        condition = self.frames.clause(self._again(subject), calm)
        return self._subordinate_last(main, conjunction, _without_progressive(condition))

    def _moment(self) -> Pair:
        """Return what happened, or was going on, when something else happened."""
        subject = self.phrases.subject()
        if subject.person == "du":  # nobody says "als du gingst"
            subject = pronoun("wir", "we")
        calm = Setting(when="past", has_time=False, may_negate=False)
        first = self.frames.clause(subject, calm)
        second = self.frames.clause(pronoun_for(subject), calm)
        goes_on = not verbs.is_stative(second.english_verb) and self.dice.chance(0.4)
        return self._subordinate_first(
            ("als", "when"),
            _narrated(first),
            _narrated(second, "progressive" if goes_on else "simple"),
        )

    def _report(self) -> Pair:
        """Return what somebody says or thinks."""
        subject = self.phrases.subject()
        entry, in_english = self.dice.zipf(verbs.SAYING)
        saying = Clause(
            subject=subject,
            verb=GermanVerb(entry=entry),
            english_verb=self.dice.word(in_english),
            tense=simple_tense(is_past=False),
        )
        said = self.frames.clause(self._again(subject), self._setting())
        return (
            f"{german_main(saying)}, dass {german_subordinate(said)}",
            join(english_statement(saying), self.dice.word("that/"), english_statement(said)),
        )

    def _related(self) -> Pair:
        """Return a clause about somebody or something that a relative clause describes."""
        if self.dice.chance(0.4):
            thing = self._described(_THINGS)
            return self._main(self.frames.state(thing, _PRESENT, thing.kind))
        person = self._described(("person",))
        calm = Setting(has_time=False)
        if self.dice.chance(0.4):
            return self._main(self.frames.transitive(self.phrases.subject(), calm, person))
        return self._main(self.frames.clause(person, calm))

    def _described(self, kinds: tuple[str, ...]) -> NounPhrase:
        """Return a noun phrase with a relative clause, whose subject or object it is."""
        noun = self.phrases.noun(kinds)
        head = self.phrases.compose(noun, "der", is_plural=self.dice.chance(0.2))
        forms = german.relative_pronoun(head.gender)
        setting = dataclasses.replace(self._setting(), may_negate=False)
        case = self.dice.pick((NOM, NOM, ACC, DAT)) if noun.kind == "person" else ACC
        link = self.dice.pick(("who" if noun.kind == "person" else "which", "that"))
        if case == NOM:
            who = dataclasses.replace(head, german=forms, subject=link)
            clause = self.frames.clause(who, setting)
            in_german, in_english = german_subordinate(clause), english_statement(clause)
        else:
            frame = self.frames.transitive if case == ACC else self.frames.dative
            clause = frame(self.phrases.subject(), setting, gap(noun.kind))
            in_german = join(forms[case], german_subordinate(clause))
            in_english = join(self.dice.pick((link, "")), english_statement(clause))
        nom, acc, dat = (f"{form}, {in_german}," for form in head.german)
        whole = join(head.subject, in_english)
        return dataclasses.replace(head, german=(nom, acc, dat), subject=whole, object=whole)

    def _setting(self) -> Setting:
        return self.dice.pick((_PRESENT, _PRESENT, _PAST, _PAST, _FUTURE))

    def _again(self, phrase: NounPhrase) -> NounPhrase:
        """Return the same somebody once more, or somebody else."""
        return pronoun_for(phrase) if self.dice.chance(0.6) else self.phrases.subject()

    def _deed(self, subject: NounPhrase) -> Clause:
        """Return a clause about what somebody can be asked to do."""
        while True:
            clause = self.frames.transitive(subject, Setting(has_time=False, may_negate=False))
            if not verbs.is_stative(clause.english_verb):
                return clause

    def _main(self, clause: Clause) -> Pair:
        """Return a main clause, which may begin with its time, in each language by itself."""
        time = clause.time
        if time is None or time.acts != "end":
            return german_main(clause), english_statement(clause)
        front = time.german if self.dice.chance(0.4) else None
        time_first = self.dice.chance(0.15 if front is None else 0.5)
        return german_main(clause, front), english_statement(clause, time_first=time_first)

    def _subordinate_first(self, conjunction: Pair, first: Clause, second: Clause) -> Pair:
        word, in_english = conjunction
        return (
            f"{word} {german_subordinate(first)}, {german_main(second, '')}",
            f"{self.dice.word(in_english)} {english_statement(first)}, {english_statement(second)}",
        )

    def _subordinate_last(self, first: Clause, conjunction: Pair, second: Clause) -> Pair:
        word, in_english = conjunction
        main, english_main = self._main(first)
        return (
            f"{main}, {word} {german_subordinate(second)}",
            join(english_main, self.dice.word(in_english), english_statement(second)),
        )


def _narrated(clause: Clause, form: str = "simple") -> Clause:
    """Return the clause in the tense of a tale: the German preterite."""
    tense = dataclasses.replace(simple_tense(is_past=True), english=form)
    return dataclasses.replace(clause, tense=tense)


def _without_progressive(clause: Clause) -> Clause:
    if clause.tense.english != "progressive":
        return clause
    return dataclasses.replace(clause, tense=simple_tense(is_past=False))


def _finished(text: str) -> str:
    """Return the sentence with its capital, its full stop, and commas where they belong."""
    text = text.removesuffix(",")
    if not text.endswith(("?", "!", ".")):
        text += "."
    text = text.replace(",,", ",").replace(",.", ".").replace(",?", "?")
    return text[0].upper() + text[1:]
