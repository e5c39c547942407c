"""Verbs and adverbials, as tables: the frequent ones stand first.

`/` separates English words of one meaning. `an+rufen` has a separable prefix. In English, `~` is
where the object may stand, and a pronoun must: `pick ~ up`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lstm3.demo.lexicon import rows

# English verbs, by their first word, that go here without a time; without progressive and modal.
_TIMELESS = {"be", "know", "love", "trust"}
_STATIVE = {*_TIMELESS, "find", "forget", "hear", "lose", "need", "see", "understand"}


def is_timeless(in_english: str) -> bool:
    return in_english.partition(" ")[0] in _TIMELESS


def is_stative(in_english: str) -> bool:
    return in_english.partition(" ")[0] in _STATIVE


# With a direct object of one of these kinds.
TRANSITIVE = rows("""
    sehen | see | person animal thing vehicle building
    kaufen | buy | thing food dish vehicle text press clothes device
    suchen | look for | person animal thing text clothes building
    lesen | read | text press
    finden | find | thing animal text clothes
    essen | eat | food dish
    brauchen | need | thing device vehicle
    an+rufen | call/phone | person
    besuchen | visit | person building
    schreiben | write | text
    öffnen | open | opening
    kennen | know | person building
    ein+laden | invite | person
    verkaufen | sell | thing vehicle building device
    treffen | meet | person
    ab+holen | pick ~ up | person
    tragen | carry | thing
    reparieren | repair/fix | vehicle device
    fragen | ask | person
    schließen | close/shut | opening
    vergessen | forget | thing text clothes
    auf+machen | open | opening
    kochen | cook | dish
    waschen | wash | vehicle clothes
    an+ziehen | put ~ on | clothes
    hören | hear | person animal
    verstehen | understand | person text
    mit+bringen | bring ~ along | thing animal food
    verlieren | lose | thing
    lieben | love | person animal
    aus+machen | turn ~ off | device
    malen | paint | person animal building
    an+machen | turn ~ on | device
    auf+wecken | wake ~ up | person
    auf+räumen | tidy ~ up | room
    weg+werfen | throw ~ away | thing press
    zu+machen | close/shut | opening
    benutzen | use | thing device
    probieren | try | food dish
    verfolgen | follow | person animal vehicle
    bezahlen | pay for | food dish clothes
    zurück+geben | give ~ back | thing
    aus+ziehen | take ~ off | clothes
    bewundern | admire | building
    begrüßen | greet | person
    aus+leihen | borrow | text thing
    vor+bereiten | prepare | event
    übersetzen | translate | text""")

# With an indirect object (a person) and a direct one.
DITRANSITIVE = rows("""
    geben | give | thing text food
    zeigen | show | thing text vehicle animal
    schicken | send | text thing
    bringen | bring | thing food press
    schenken | give | thing clothes
    leihen | lend | thing vehicle
    verkaufen | sell | thing vehicle
    vor+lesen | read | text""")

# With an object in the dative, which is a direct one in English.
DATIVE = rows("""
    helfen | help | person
    danken | thank | person
    antworten | answer | person
    zu+hören | listen to | person
    folgen | follow | person animal
    zu+sehen | watch | person animal
    gratulieren | congratulate | person
    vertrauen | trust | person
    begegnen | meet/come across | person animal""")

# Reflexive or not, with a prepositional object: preposition and case follow the verb.
PREPOSITIONAL = rows("""
    warten | auf acc | wait for | person vehicle
    sprechen | mit dat | talk to/speak to | person
    denken | an acc | think about/think of | person event
    sich freuen | auf acc | look forward to | event
    sich interessieren | für acc | be interested in | vehicle animal text
    an+fangen | mit dat | begin with/start with | event
    träumen | von dat | dream of | vehicle animal building
    auf+passen | auf acc | look after/take care of | animal
    teil+nehmen | an dat | take part in | event
    lachen | über acc | laugh about | text
    arbeiten | an dat | work on | text device
    sich kümmern | um acc | look after/take care of | animal
    sich verabschieden | von dat | say goodbye to | person""")

# Without an object, in a place.
INTRANSITIVE = rows("""
    arbeiten | work
    warten | wait
    schlafen | sleep
    sitzen | sit
    spielen | play
    stehen | stand
    singen | sing
    lachen | laugh
    tanzen | dance
    frühstücken | have breakfast
    weinen | cry
    ein+schlafen | fall asleep
    ein+kaufen | go shopping
    rauchen | smoke
    auf+wachen | wake up
    plaudern | chat""")

# Without anything further.
BARE = rows("""
    schlafen | sleep
    kommen | come
    arbeiten | work
    lachen | laugh
    an+kommen | arrive
    auf+stehen | get up
    singen | sing
    zurück+kommen | come back/return
    kochen | cook
    ein+schlafen | fall asleep
    weinen | cry""")

# To a place.
MOTION = rows("""
    gehen | go/walk
    laufen | run
    fahren | go/drive
    zurück+kommen | come back/return
    reisen | travel""")

# On a surface: being there and being put there, in both languages, and what is.
POSITION = rows("""
    liegen | legen | lie/be | put/lay | text press clothes food
    stehen | stellen | stand/be | put/place | device""")

# A verb that takes a clause with `dass`.
SAYING = rows("""
    sagen | say
    glauben | believe/think
    wissen | know
    hoffen | hope
    denken | think""")


@dataclass(frozen=True, kw_only=True)
class Modal:
    """A German modal and the English phrases for it."""

    german: str
    english: str
    negated: str
    past: str  # empty: not used in the past


MODALS = tuple(
    Modal(german=german, english=english, negated=negated, past=past)
    for german, english, negated, past in rows("""
        können | can/be able to | can/be able to | be able to
        müssen | must/have to | have to/need to | have to
        wollen | want to | want to | want to
        möchten | would like to | want to |
        sollen | should/be supposed to | should/be supposed to | be supposed to
        dürfen | may/be allowed to | must/be allowed to | be allowed to""")
)
FUTURE = "will/be going to"

# When: German, English, and how it acts: `mid` stands before the English verb, `now` wants the
# progressive, `habit` the simple present, `perfect` the perfect. Braces wait for a number or a day.
TIMES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "present": rows("""
        heute | today | end
        oft | often | mid
        jetzt | now | now
        immer | always | mid
        jeden Tag | every day | habit
        manchmal | sometimes | mid
        gerade | at the moment | now
        selten | rarely/seldom | mid"""),
    "past": rows("""
        gestern | yesterday | end
        schon | already | perfect
        am {W} | on {W} | end
        letzte Woche | last week | end
        gestern Abend | last night/yesterday evening | end
        vor {N} Tagen | {N} days ago | end
        im Jahr {Y} | in {Y} | end
        letzten Sommer | last summer | end
        vor {N} Jahren | {N} years ago | end
        nach dem Konzert | after the concert | end"""),
    "future": rows("""
        morgen | tomorrow | end
        heute Abend | this evening/tonight | end
        am {W} | on {W} | end
        um {H} Uhr | at {H} o'clock | end
        bald | soon | end
        nächste Woche | next week | end
        in {N} Tagen | in {N} days | end
        nach der Arbeit | after work | end
        übermorgen | the day after tomorrow | end
        vor der Prüfung | before the exam | end"""),
}
