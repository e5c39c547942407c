"""Sentences that state a fact: qualities, owners, places, numbers and codes."""

from __future__ import annotations

from dataclasses import dataclass

from lstm3.demo.clauses import Adverbial, Clause, Pair, Tense, english_statement, german_main
from lstm3.demo.dice import Dice
from lstm3.demo.frames import Frames
from lstm3.demo.german import DAT, NOM, GermanVerb
from lstm3.demo.lexicon import COMPARATIVES
from lstm3.demo.names import AIRLINES, CITIES, MODELS
from lstm3.demo.noun_phrase import NounPhrase
from lstm3.demo.phrases import Phrases
from lstm3.demo.tenses import Setting, simple_tense

_SETTINGS = (Setting(when="present"), Setting(when="past"))


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Draws facts."""

    dice: Dice
    phrases: Phrases
    frames: Frames

    def draw(self) -> Pair:
        fact = self.dice.pick(
            (self._quality, self._comparison) * 2
            + (self._liking, self._possession, self._position, self._duration)
            + (self._age, self._price, self._size, self._distance)
            + (self._flight, self._train, self._room, self._model)
        )
        return fact()

    def _quality(self) -> Pair:
        kind = self.dice.pick(("thing", "vehicle", "text", "building", "clothes", "device"))
        thing = self.phrases.known_thing(self.phrases.noun((kind,)))
        return _both(self.frames.state(thing, self.dice.pick(_SETTINGS), kind))

    def _comparison(self) -> Pair:
        kind = self.dice.pick(tuple(COMPARATIVES))
        noun = other = self.phrases.noun((kind,))
        while other == noun:
            other = self.phrases.noun((kind,))
        than = self.phrases.known_thing(other)
        base, more, english_base, english_more = self.dice.pick(COMPARATIVES[kind])
        words = (f"{more} als", f"{english_more} than")
        if self.dice.chance(0.3):
            words = (f"so {base} wie", f"as {english_base} as")
        tail = (f"{words[0]} {than.german[NOM]}", f"{words[1]} {than.object}")
        return _both(_clause(self.phrases.known_thing(noun), ("sein", "be"), tail))

    def _liking(self) -> Pair:
        """Return who likes what: in German the thing is the subject, and may stand last."""
        noun = self.phrases.noun(("clothes", "text", "building", "thing"))
        thing, person = self.phrases.known_thing(noun), self.phrases.subject()
        dative = person.german[DAT]
        likes = english_statement(_clause(person, ("", "like"), ("", thing.object)))
        if self.dice.chance(0.5):
            return german_main(_clause(thing, ("gefallen", ""), ("", "")), dative), likes
        return german_main(_clause(thing, ("gefallen", ""), (dative, ""))), likes

    def _possession(self) -> Pair:
        noun = self.phrases.noun(("vehicle", "thing", "clothes"))
        stem = self.dice.pick(("der", "dies"))
        thing = self.phrases.compose(noun, stem, is_plural=self.dice.chance(0.2))
        owner = self.phrases.subject()
        tail = (owner.german[DAT], f"to {owner.object}")
        return _both(_clause(thing, ("gehören", "belong"), tail))

    def _position(self) -> Pair:
        return _both(self.frames.lying(self.dice.pick(_SETTINGS)))

    def _duration(self) -> Pair:
        """Return since when somebody has been somewhere: a present in German."""
        city, english_city = self.dice.zipf(CITIES)
        unit, english_unit = self.dice.pick((("Jahren", "years"), ("Monaten", "months")))
        number = 2 + self.dice.below(18)
        clause = _clause(
            self.phrases.subject(),
            self.dice.pick((("wohnen", "live"), ("arbeiten", "work"))),
            (f"in {city}", f"in {english_city}"),
            tense=Tense(german="simple", english="perfect"),
            time=Adverbial(
                german=f"seit {number} {unit}", english=f"for {number} {english_unit}", acts="end"
            ),
        )
        return _both(clause)

    def _age(self) -> Pair:
        age = 18 + self.dice.below(70)
        tail = (f"{age} Jahre alt", f"{age} years old")
        return _both(_clause(self.phrases.subject(), ("sein", "be"), tail))

    def _price(self) -> Pair:
        noun = self.phrases.noun(("thing", "clothes", "device", "vehicle"))
        price = 2 + self.dice.below(900)
        tail = (f"{price} Euro", f"{price} euros")
        return _both(_clause(self.phrases.known_thing(noun), ("kosten", "cost"), tail))

    def _size(self) -> Pair:
        noun = self.phrases.noun(("building",))
        part, english_part = self.dice.pick(
            (("Fenster", "windows"), ("Türen", "doors"), ("Zimmer", "rooms"))
        )
        number = 2 + self.dice.below(400)
        tail = (f"{number} {part}", f"{number} {english_part}")
        return _both(_clause(self.phrases.known_thing(noun), ("haben", "have"), tail))

    def _distance(self) -> Pair:
        city, english_city = self.dice.zipf(CITIES)
        number = 20 + self.dice.below(800)
        return (
            f"bis {city} sind es noch {number} Kilometer",
            f"it is another {number} kilometres to {english_city}",
        )

    def _flight(self) -> Pair:
        city, english_city = self.dice.zipf(CITIES)
        flight = f"{self.dice.pick(AIRLINES)}{100 + self.dice.below(900)}"
        hour = 2 + self.dice.below(11)
        return (
            f"der Flug {flight} nach {city} startet um {hour} Uhr",
            f"flight {flight} to {english_city} leaves at {hour} o'clock",
        )

    def _train(self) -> Pair:
        city, english_city = self.dice.zipf(CITIES)
        hour, platform = 2 + self.dice.below(11), 2 + self.dice.below(20)
        return (
            f"der Zug nach {city} fährt um {hour} Uhr von Gleis {platform} ab",
            f"the train to {english_city} leaves from platform {platform} at {hour} o'clock",
        )

    def _room(self) -> Pair:
        room = f"{self.dice.pick('ABCD')}{2 + self.dice.below(98)}"
        clause = _clause(
            self.phrases.subject(),
            self.dice.pick((("warten", "wait"), ("arbeiten", "work"), ("sitzen", "sit"))),
            (f"in Zimmer {room}", f"in room {room}"),
            tense=Tense(german="simple", english="progressive"),
        )
        return _both(clause)

    def _model(self) -> Pair:
        model = other = self.dice.zipf(MODELS)
        while other == model:
            other = self.dice.zipf(MODELS)
        _, more, _, english_more = self.dice.pick(COMPARATIVES["vehicle"])
        return (
            f"das Modell {model} ist {more} als das Modell {other}",
            f"the model {model} is {english_more} than the model {other}",
        )


def _clause(
    subject: NounPhrase,
    verb: Pair,
    tail: Pair,
    *,
    tense: Tense | None = None,
    time: Adverbial | None = None,
) -> Clause:
    """Return a clause of a subject, a verb and all that follows it, in the present."""
    return Clause(
        subject=subject,
        verb=GermanVerb(entry=verb[0]),
        english_verb=verb[1],
        tense=tense or simple_tense(is_past=False),
        tail=tail[0],
        english_tail=tail[1],
        time=time,
    )


def _both(clause: Clause) -> Pair:
    return german_main(clause), english_statement(clause)
