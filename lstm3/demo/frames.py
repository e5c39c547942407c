"""Clauses about somebody: what a verb asks for, filled with words drawn by chance."""

from __future__ import annotations

from dataclasses import dataclass

from lstm3.demo import verbs
from lstm3.demo.clauses import Clause, Tense, join
from lstm3.demo.dice import Dice
from lstm3.demo.german import ACC, DAT, GermanVerb, with_preposition
from lstm3.demo.lexicon import ADJECTIVES, NOUNS
from lstm3.demo.noun_phrase import GERMAN_PRONOUNS, NounPhrase
from lstm3.demo.phrases import Phrases
from lstm3.demo.places import Places
from lstm3.demo.tenses import Setting, Tenses


def gap(kind: str) -> NounPhrase:
    """Return the empty object of a clause whose object, of that kind, stands elsewhere."""
    return NounPhrase(
        german=("", "", ""), subject="", object="", pronoun="es", english_pronoun="it", kind=kind
    )


@dataclass(frozen=True, kw_only=True)
class Frames:
    """Draws clauses with a given subject."""

    dice: Dice
    phrases: Phrases
    places: Places
    tenses: Tenses

    def clause(self, subject: NounPhrase, setting: Setting) -> Clause:
        frame = self.dice.pick(
            (self.transitive,) * 8
            + (self.ditransitive, self.prepositional, self.motion) * 3
            + (self.intransitive, self.dative) * 2
            + (self.bare, self.putting, self.state)
        )
        return frame(subject, setting)

    def transitive(
        self, subject: NounPhrase, setting: Setting, target: NounPhrase | None = None
    ) -> Clause:
        """Return a clause with a direct object: `target`, or one that is drawn."""
        known = [row for row in verbs.TRANSITIVE if target is None or target.kind in row[2].split()]
        entry, in_english, kinds = self.dice.zipf(known)
        negated = target is None and self._negates(subject, setting)
        target = target or self._object(kinds, subject, negated=negated)
        in_english = self.dice.word(in_english)
        if not target.is_pronoun and self.dice.chance(0.5):
            in_english = in_english.replace(" ~", "")  # either "wakes him up" or "wakes up the man"
        is_placed = not negated and not verbs.is_stative(in_english) and self.dice.chance(0.12)
        tail, english_tail = self.places.place() if is_placed else ("", "")
        accusative = target.german[ACC]
        return self._finish(
            subject,
            setting,
            (entry, in_english),
            negation=target.negation if negated else "",
            early=accusative if target.is_pronoun else "",
            late="" if target.is_pronoun else accusative,
            tail=tail,
            english_object=target.object,
            english_tail=english_tail,
        )

    def ditransitive(self, subject: NounPhrase, setting: Setting) -> Clause:
        entry, in_english, kinds = self.dice.zipf(verbs.DITRANSITIVE)
        negated = self._negates(subject, setting)
        recipient = self.phrases.other_person(subject)
        target = self.phrases.noun_phrase(kinds.split(), owner=subject, negated=negated)
        objects = (recipient.object, target.object)
        if self.dice.chance(0.4):
            objects = (target.object, f"to {recipient.object}")
        return self._finish(
            subject,
            setting,
            (entry, in_english),
            negation=target.negation if negated else "",
            early=recipient.german[DAT],
            late=target.german[ACC],
            english_object=join(*objects),
        )

    def dative(
        self, subject: NounPhrase, setting: Setting, target: NounPhrase | None = None
    ) -> Clause:
        """Return a clause with an object in the dative: `target`, or one that is drawn."""
        entry, in_english, kinds = self.dice.zipf(verbs.DATIVE)
        target = target or self._object(kinds, subject)
        return self._finish(
            subject,
            setting,
            (entry, self.dice.word(in_english)),
            negation=target.negation if self._negates(subject, setting) else "",
            early=target.german[DAT],
            english_object=target.object,
        )

    def prepositional(self, subject: NounPhrase, setting: Setting) -> Clause:
        entry, link, in_english, kinds = self.dice.zipf(verbs.PREPOSITIONAL)
        preposition, _, case = link.partition(" ")
        target = self._object(kinds, subject)
        is_reflexive = entry.startswith("sich ")
        return self._finish(
            subject,
            setting,
            (entry.removeprefix("sich "), self.dice.word(in_english)),
            negation=target.negation if self._negates(subject, setting) else "",
            early=GERMAN_PRONOUNS[subject.pronoun].reflexive if is_reflexive else "",
            tail=with_preposition(preposition, target.german[ACC if case == "acc" else DAT]),
            english_object=target.object,
        )

    def intransitive(self, subject: NounPhrase, setting: Setting, *, placed: bool = True) -> Clause:
        """Return a clause that says what somebody does, and where unless that is to be asked."""
        tail, english_tail = self.places.place() if placed else ("", "")
        return self._finish(
            subject,
            setting,
            self.dice.zipf(verbs.INTRANSITIVE),
            negation="nicht" if self._negates(subject, setting) else "",
            tail=tail,
            english_tail=english_tail,
        )

    def bare(self, subject: NounPhrase, setting: Setting) -> Clause:
        entry, in_english = self.dice.zipf(verbs.BARE)
        negation = "nicht" if self._negates(subject, setting) else ""
        return self._finish(
            subject, setting, (entry, self.dice.word(in_english)), negation=negation
        )

    def motion(self, subject: NounPhrase, setting: Setting) -> Clause:
        entry, in_english = self.dice.zipf(verbs.MOTION)
        in_english = self.dice.word(in_english)
        tail, english_tail = self.places.destination(is_outside=entry in ("fahren", "reisen"))
        if entry == "fahren" and self.dice.chance(0.5):
            noun = self.dice.zipf(NOUNS["vehicle"])
            vehicle = self.phrases.compose(noun, "der", is_plain=True)
            tail = join(with_preposition("mit", vehicle.german[DAT]), tail)
            in_english = "go"
            english_tail = join(english_tail, "by", vehicle.object.removeprefix("the "))
        return self._finish(
            subject,
            setting,
            (entry, in_english),
            negation="nicht" if self._negates(subject, setting) else "",
            tail=tail,
            english_tail=english_tail,
        )

    def putting(self, subject: NounPhrase, setting: Setting) -> Clause:
        _, entry, _, in_english, kinds = self.dice.pick(verbs.POSITION)
        thing = self.phrases.noun_phrase(kinds.split(), owner=subject)
        tail, english_tail = self.places.surface(ACC)
        return self._finish(
            subject,
            setting,
            (entry, self.dice.word(in_english)),
            late=thing.german[ACC],
            tail=tail,
            english_object=thing.object,
            english_tail=english_tail,
        )

    def lying(self, setting: Setting) -> Clause:
        """Return a clause about a thing that lies or stands on something."""
        entry, _, in_english, _, kinds = self.dice.pick(verbs.POSITION)
        in_english = self.dice.word(in_english)
        is_past = setting.when == "past"
        tail, english_tail = self.places.surface(DAT)
        return Clause(
            subject=self.phrases.noun_phrase(kinds.split(), plenty=0.1),
            verb=GermanVerb(entry=entry),
            english_verb=in_english,
            tense=Tense(
                german="simple",
                english="simple" if in_english == "be" else "progressive",
                german_is_past=is_past,
                english_is_past=is_past,
            ),
            tail=tail,
            english_tail=english_tail,
        )

    def state(self, subject: NounPhrase, setting: Setting, kind: str = "state") -> Clause:
        """Return a clause that says how somebody is, or something of that kind."""
        entry, _, in_english = self.dice.zipf(ADJECTIVES[kind]).partition(" ")
        degree, english_degree = self.dice.zipf((("", ""), ("sehr", "very"), ("zu", "too")))
        return self._finish(
            subject,
            setting,
            ("sein", "be"),
            negation="nicht" if self._negates(subject, setting) else "",
            tail=join(degree, entry.partition("(")[0]),
            english_tail=join(english_degree, self.dice.word(in_english)),
        )

    def _object(self, kinds: str, subject: NounPhrase, *, negated: bool = False) -> NounPhrase:
        kind = self.dice.pick(kinds.split())
        if kind == "person":
            return self.phrases.other_person(subject)
        return self.phrases.noun_phrase((kind,), owner=subject, negated=negated)

    def _negates(self, subject: NounPhrase, setting: Setting) -> bool:
        is_definite = subject.negation == "nicht"  # "every child does not sleep" says two things
        return setting.may_negate and is_definite and self.dice.chance(0.2)

    def _finish(
        self,
        subject: NounPhrase,
        setting: Setting,
        verb: tuple[str, ...],
        *,
        negation: str = "",
        **parts: str,
    ) -> Clause:
        """Return the clause of a German and an English verb, with a time and a tense."""
        entry, in_english = verb
        if negation == "nicht" and self.dice.chance(0.15):
            negation = "nie"
        time = self.tenses.time(setting, in_english, negation)
        return Clause(
            subject=subject,
            verb=GermanVerb(entry=entry),
            english_verb=in_english,
            tense=self.tenses.tense(subject, setting, in_english, negation, time),
            time=time,
            negation=negation,
            **parts,
        )
