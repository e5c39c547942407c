"""One clause, put in order as each language has it."""

from __future__ import annotations

from dataclasses import dataclass

from lstm3.demo import english
from lstm3.demo.german import GermanVerb
from lstm3.demo.noun_phrase import NounPhrase

Pair = tuple[str, str]  # German, English


@dataclass(frozen=True, kw_only=True)
class Adverbial:
    """When something happens; `acts` is one of the ways that the table of times explains."""

    german: str
    english: str
    acts: str

    @property
    def is_mid(self) -> bool:
        """Return whether it stands before the English verb."""
        return self.acts in ("mid", "perfect")


@dataclass(frozen=True, kw_only=True)
class Tense:
    """What a clause's verbs look like in both languages."""

    german: str  # simple, perfect, or a modal's infinitive
    english: str  # simple, progressive, perfect, or a modal phrase such as `be able to`
    german_is_past: bool = False  # of the finite verb: the preterite
    english_is_past: bool = False


@dataclass(frozen=True, kw_only=True)
class Clause:
    """A clause before it has an order: German parts by their field, English ones by theirs."""

    subject: NounPhrase
    verb: GermanVerb
    english_verb: str
    tense: Tense
    early: str = ""  # German pronouns and dative objects: they stand before the time
    late: str = ""  # German accusative object: it stands after the time
    tail: str = ""  # German prepositional phrases
    english_object: str = ""
    english_tail: str = ""
    time: Adverbial | None = None
    negation: str = ""  # nicht, nie; kein, which stands in the object; or none


def join(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def german_main(clause: Clause, front: str | None = None) -> str:
    """Return the clause with its verb second, after the subject or after `front`.

    With an empty `front` the verb comes first, as in a question.
    """
    finite, end = _german_verbs(clause)
    subject = clause.subject.german[0]
    opening = (subject, finite) if front is None else (front, finite, subject)
    is_time = clause.time is not None and front == clause.time.german
    return join(*opening, _middle(clause, has_time=not is_time), end)


def german_subordinate(clause: Clause) -> str:
    """Return the clause with its finite verb last, to stand after a conjunction."""
    finite, end = _german_verbs(clause)
    is_separated = clause.tense.german == "simple" and clause.verb.prefix
    verbs = end + finite if is_separated else join(end, finite)
    return join(clause.subject.german[0], _middle(clause), verbs)


def german_infinitive(clause: Clause) -> str:
    """Return the clause without subject, its verb last and with `zu`."""
    return join(_middle(clause), clause.verb.infinitive_with_zu)


def _german_verbs(clause: Clause) -> tuple[str, str]:
    """Return the finite verb and what stands at the end of a main clause."""
    verb, tense, person = clause.verb, clause.tense, clause.subject.person
    if tense.german == "simple":
        return verb.finite(person, is_past=tense.german_is_past), verb.prefix
    is_perfect = tense.german == "perfect"
    auxiliary = GermanVerb(entry=verb.auxiliary if is_perfect else tense.german)
    finite = auxiliary.finite(person, is_past=tense.german_is_past)
    return finite, verb.participle if is_perfect else verb.infinitive


def _middle(clause: Clause, *, has_time: bool = True) -> str:
    time = clause.time.german if clause.time and has_time else ""
    if clause.negation in ("nicht", "nie"):
        return join(clause.early, clause.late, time, clause.negation, clause.tail)
    return join(clause.early, time, clause.late, clause.tail)


def english_statement(clause: Clause, *, time_first: bool = False) -> str:
    """Return the clause in the order of a statement."""
    time = clause.time.english if clause.time and not clause.time.is_mid else ""
    return join(
        time if time_first else "",
        clause.subject.subject,
        *_english_verbs(clause),
        _english_rest(clause),
        "" if time_first else time,
    )


def english_question(clause: Clause, question_word: str = "") -> str:
    """Return the clause in the order of a question, after a question word if there is one."""
    finite, before, after = _english_verbs(clause, is_question=True)
    time = clause.time.english if clause.time and not clause.time.is_mid else ""
    subject = clause.subject.subject
    return join(question_word, finite, subject, before, after, _english_rest(clause), time)


def english_infinitive(clause: Clause) -> str:
    """Return the clause without subject, from its bare verb on."""
    return join(clause.english_verb.partition(" ~")[0], _english_rest(clause))


def _english_rest(clause: Clause) -> str:
    """Return particle, object and tail; a tilde in the verb is where its object goes."""
    _, has_slot, particle = clause.english_verb.partition(" ~")
    if not has_slot:
        return join(clause.english_object, clause.english_tail)
    return join(clause.english_object, particle.strip(), clause.english_tail)


def _english_verbs(clause: Clause, *, is_question: bool = False) -> tuple[str, str, str]:
    """Return the finite verb, `not` or an adverb, and the verbs after it.

    Where the finite verb has neither, the adverb stands before it.
    """
    head, rest = _english_chain(clause)
    is_past, person = clause.tense.english_is_past, clause.subject.person
    negated = clause.negation in ("nicht", "kein")
    adverb = _adverb(clause)
    is_auxiliary = head in english.AUXILIARIES or clause.tense.english == "perfect"
    if not is_auxiliary and (negated or is_question):
        head, rest, is_auxiliary = "do", join(head, rest), True
    finite = english.finite(head, person, is_past=is_past)
    if not is_auxiliary:
        return adverb, finite, rest
    if negated and head == "can" and not is_question:
        return "cannot", adverb, rest
    return finite, join("not" if negated else "", adverb), rest


def _adverb(clause: Clause) -> str:
    if clause.negation == "nie":
        return "never"
    return clause.time.english if clause.time and clause.time.is_mid else ""


def _english_chain(clause: Clause) -> tuple[str, str]:
    """Return the verb to be inflected and the words after it, down to the full verb."""
    verb, _, after = clause.english_verb.partition(" ~")[0].partition(" ")
    form = clause.tense.english
    if form == "simple":
        return verb, after
    if form == "progressive":
        return "be", join(english.gerund(verb), after)
    if form == "perfect":
        return "have", join(english.participle(verb), after)
    head, _, rest = form.partition(" ")
    return head, join(rest, verb, after)
