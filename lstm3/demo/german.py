"""German inflection, as far as the corpus needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Three cases everywhere, in this order: nominative, accusative, dative.
Cases = tuple[str, str, str]
NOM, ACC, DAT = 0, 1, 2

# By gender; p is the plural of all three.
_DEFINITE: Mapping[str, Cases] = {
    "m": ("der", "den", "dem"),
    "f": ("die", "die", "der"),
    "n": ("das", "das", "dem"),
    "p": ("die", "die", "den"),
}
_LIKE_DIESER: Mapping[str, Cases] = {
    "m": ("er", "en", "em"),
    "f": ("e", "e", "er"),
    "n": ("es", "es", "em"),
    "p": ("e", "e", "en"),
}
_LIKE_EIN: Mapping[str, Cases] = {**_LIKE_DIESER, "m": ("", "en", "em"), "n": ("", "", "em")}
_WEAK: Mapping[str, Cases] = {
    "m": ("e", "en", "en"),
    "f": ("e", "e", "en"),
    "n": ("e", "e", "en"),
    "p": ("en", "en", "en"),
}
_MIXED: Mapping[str, Cases] = {**_WEAK, "m": ("er", "en", "en"), "n": ("es", "es", "en")}
_STRONG_PLURAL: Cases = ("e", "e", "en")
_BEFORE_WEAK = ("der", "dies", "jed", "all", "welch")  # what an adjective with weak endings follows
_BEFORE_STRONG = ("viel", "einig")
_CONTRACTIONS = {
    "in dem": "im",
    "in das": "ins",
    "an dem": "am",
    "von dem": "vom",
    "zu dem": "zum",
    "zu der": "zur",
}


def determiner(stem: str, gender: str) -> Cases:
    """Return the forms of `der`, of a stem that goes like dieser, or of one that goes like ein."""
    if stem == "der":
        return _DEFINITE[gender]
    is_like_dieser = stem in _BEFORE_WEAK or stem in _BEFORE_STRONG
    return _inflected(stem, (_LIKE_DIESER if is_like_dieser else _LIKE_EIN)[gender])


def relative_pronoun(gender: str) -> Cases:
    nom, acc, dat = _DEFINITE[gender]
    return nom, acc, "denen" if gender == "p" else dat


def adjective(entry: str, stem: str, gender: str) -> Cases:
    """Return the forms of an adjective (`alt`, `teuer(teur)`) after a determiner's stem.

    An empty or numeral stem calls for the strong endings of the plural.
    """
    if stem in _BEFORE_WEAK:
        endings = _WEAK[gender]
    elif stem in _BEFORE_STRONG or not stem.isalpha():
        endings = _STRONG_PLURAL
    else:
        endings = _MIXED[gender]
    predicate, _, attributive = entry.rstrip(")").partition("(")
    return _inflected((attributive or predicate).removesuffix("e"), endings)


def dative_plural(plural: str) -> str:
    """Return the dative of a noun's plural."""
    return plural if plural.endswith(("n", "s")) else plural + "n"


def with_preposition(preposition: str, phrase: str) -> str:
    """Return the prepositional phrase, contracted where German does: `im`, `zur`."""
    article, _, rest = phrase.partition(" ")
    both = f"{preposition} {article}"
    if rest and both in _CONTRACTIONS:
        return f"{_CONTRACTIONS[both]} {rest}"
    return f"{preposition} {phrase}"


def _inflected(stem: str, endings: Cases) -> Cases:
    nom, acc, dat = endings
    return stem + nom, stem + acc, stem + dat


# Present of ich, du, er and wir (as of every plural), and the preterite of er.
_AUXILIARIES = {
    "haben": "habe hast hat haben hatte",
    "sein": "bin bist ist sind war",
    "werden": "werde wirst wird werden wurde",
    "können": "kann kannst kann können konnte",
    "müssen": "muss musst muss müssen musste",
    "wollen": "will willst will wollen wollte",
    "sollen": "soll sollst soll sollen sollte",
    "dürfen": "darf darfst darf dürfen durfte",
    "möchten": "möchte möchtest möchte möchten möchte",
    "wissen": "weiß weißt weiß wissen wusste",
}
PERSONS = ("ich", "du", "er", "wir")
# Present and preterite of er, and participle.
_STRONG = {
    infinitive: forms
    for infinitive, *forms in (
        line.split()
        for line in """
            begegnen begegnet begegnete begegnet
            bringen bringt brachte gebracht
            denken denkt dachte gedacht
            essen isst aß gegessen
            fahren fährt fuhr gefahren
            fangen fängt fing gefangen
            finden findet fand gefunden
            geben gibt gab gegeben
            gefallen gefällt gefiel gefallen
            gehen geht ging gegangen
            helfen hilft half geholfen
            kennen kennt kannte gekannt
            kommen kommt kam gekommen
            laden lädt lud geladen
            laufen läuft lief gelaufen
            leihen leiht lieh geliehen
            lesen liest las gelesen
            liegen liegt lag gelegen
            nehmen nimmt nahm genommen
            rufen ruft rief gerufen
            schlafen schläft schlief geschlafen
            schließen schließt schloss geschlossen
            schreiben schreibt schrieb geschrieben
            sehen sieht sah gesehen
            singen singt sang gesungen
            sitzen sitzt saß gesessen
            sprechen spricht sprach gesprochen
            stehen steht stand gestanden
            tragen trägt trug getragen
            treffen trifft traf getroffen
            vergessen vergisst vergaß vergessen
            verlieren verliert verlor verloren
            verstehen versteht verstand verstanden
            waschen wäscht wusch gewaschen
            werfen wirft warf geworfen
            ziehen zieht zog gezogen""".strip().splitlines()
    )
}
_TAKES_SEIN = {
    *("gehen", "laufen", "fahren", "reisen", "kommen", "begegnen", "folgen"),
    *("zurück+kommen", "an+kommen", "ein+schlafen", "auf+stehen", "auf+wachen"),
}
_WITHOUT_GE = ("be", "ver", "ge", "über")


@dataclass(frozen=True, kw_only=True)
class GermanVerb:
    """A verb by its infinitive; a separable prefix stands before `+`, as in `an+rufen`."""

    entry: str

    @property
    def prefix(self) -> str:
        return self.entry.rpartition("+")[0]

    @property
    def stem(self) -> str:
        return self.entry.rpartition("+")[2]

    @property
    def infinitive(self) -> str:
        return self.prefix + self.stem

    @property
    def infinitive_with_zu(self) -> str:
        return f"{self.prefix}zu{self.stem}" if self.prefix else f"zu {self.stem}"

    @property
    def participle(self) -> str:
        return self.prefix + _principal_parts(self.stem)[2]

    @property
    def auxiliary(self) -> str:
        """Return what the perfect is made with."""
        return "sein" if self.entry in _TAKES_SEIN else "haben"

    def finite(self, person: str, *, is_past: bool) -> str:
        """Return the finite form without its prefix."""
        present, preterite, _ = _principal_parts(self.stem)
        if is_past:
            return _preterite(preterite, person)
        if self.stem in _AUXILIARIES:
            return _AUXILIARIES[self.stem].split()[PERSONS.index(person)]
        if person == "du":
            root = present.removesuffix("t")
            return root + ("t" if root.endswith(("s", "ß", "z")) else "st")
        if person == "ich":
            return self.stem.removesuffix("n").removesuffix("e") + "e"
        return present if person == "er" else self.stem


def _principal_parts(infinitive: str) -> tuple[str, str, str]:
    """Return present and preterite of er, and the participle."""
    if infinitive in _STRONG:
        present, preterite, participle = _STRONG[infinitive]
        return present, preterite, participle
    if infinitive in _AUXILIARIES:  # these are used without a participle
        *_, preterite = forms = _AUXILIARIES[infinitive].split()
        return forms[2], preterite, ""
    root = infinitive.removesuffix("n").removesuffix("e")
    if root.endswith(("t", "d", "ffn", "chn", "gn")):
        root += "e"
    has_ge = not root.startswith(_WITHOUT_GE) and not root.endswith("ier")
    return root + "t", root + "te", ("ge" if has_ge else "") + root + "t"


def _preterite(form: str, person: str) -> str:
    if person == "du":
        return form + ("est" if form.endswith(("d", "t", "s", "ß")) else "st")
    if person == "wir":
        return form + ("n" if form.endswith("e") else "en")
    return form
