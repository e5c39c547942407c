"""The demo corpus, against rules of German and English that are written down here once more."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from lstm3.demo import SIZES, demo_corpus
from lstm3.tokenizer import detokenize, tokenize

DIGEST = "5ce74cc126095b7606979989ff413818740d530e2cca4543e2014787d500985f"
CORPUS = demo_corpus()
GERMAN = [line for german, _ in CORPUS.values() for line in german]
ENGLISH = [line for _, english in CORPUS.values() for line in english]
PAIRS = list(zip(GERMAN, ENGLISH, strict=True))
HASH = (
    "import hashlib, json; from lstm3.demo import demo_corpus; "
    "print(hashlib.sha256(json.dumps(demo_corpus()).encode()).hexdigest())"
)
WORD = re.compile(r"\w+")
NOT_FINITE = set(
    WORD.findall(
        "an auf aus ab ein mit teil vor weg zu zurück nicht nie müde krank glücklich hungrig "
        "ihn ihm mich mir dich dir uns ihnen gekauft gesehen gegangen gelesen gegeben"
    )
)


def test_the_corpus_is_the_one_that_results_were_measured_on():
    assert hashlib.sha256(json.dumps(CORPUS).encode()).hexdigest() == DIGEST


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_another_process_makes_the_same_corpus(hash_seed):
    made = subprocess.run(
        [sys.executable, "-c", HASH],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stdout.strip() == DIGEST


def test_both_sides_of_a_split_have_its_size():
    sizes = {split: (len(german), len(english)) for split, (german, english) in CORPUS.items()}
    assert sizes == {split: (size, size) for split, size in SIZES.items()}


def test_no_line_occurs_twice_on_its_side_in_any_split():
    assert len(set(GERMAN)) == len(set(ENGLISH)) == sum(SIZES.values())


def test_a_line_is_a_sentence_of_plain_text():
    sentence = re.compile(r"[A-ZÄÖÜ\d]\S*(?: \S+)*[.?!]")
    assert [line for line in GERMAN + ENGLISH if not sentence.fullmatch(line)] == []
    assert [line for line in GERMAN + ENGLISH if re.search(r"[,.?!][,.?!]| ,|,\w", line)] == []


def test_a_line_survives_the_tokenizer():
    assert [line for line in GERMAN + ENGLISH if detokenize(tokenize(line)) != line] == []


def test_a_question_is_a_question_in_both_languages():
    assert [pair for pair in PAIRS if pair[0].endswith("?") != pair[1].endswith("?")] == []


def test_sentences_have_many_lengths():
    lengths = Counter(len(tokenize(line)) for line in GERMAN)
    assert min(lengths) >= 4
    assert max(lengths) <= 32
    assert sum(count >= 20 for count in lengths.values()) >= 15


@pytest.mark.parametrize(("side", "num_types"), [(0, range(1200, 3000)), (1, range(700, 2000))])
def test_held_out_words_are_mostly_known(side, num_types):
    counts = Counter(word for line in CORPUS["train"][side] for word in tokenize(line))
    known = {word for word, count in counts.items() if count >= 2}
    assert len(known) in num_types
    assert sum(count == 1 for count in counts.values()) > 100  # a long tail
    for split in ("valid", "test"):
        words = [word for line in CORPUS[split][side] for word in tokenize(line)]
        unknown = [word for word in words if word not in known and not re.search(r"\d", word)]
        assert len(unknown) < 0.03 * len(words)


@pytest.mark.parametrize("pattern", [r"\b\d+\b", r"\b[A-Z]+\d+\b"])
def test_numbers_and_codes_are_the_same_on_both_sides(pattern):
    found = [
        (re.findall(pattern, german), re.findall(pattern, english)) for german, english in PAIRS
    ]
    assert sum(bool(german) for german, _ in found) > 100
    assert [pair for pair in found if sorted(pair[0]) != sorted(pair[1])] == []


# Rules of the languages, written down once more. The plurals of these nouns look different.
NOUNS = {
    "m": "Hund Bus Zug Brief Vertrag Roman Stuhl Korb Apfel Hut Wald Fluss Mantel Arzt Park",
    "f": "Katze Straßenbahn Zeitung Tasche Lampe Kirche Küche Suppe Jacke Frau Ärztin Ente",
    "n": "Auto Fahrrad Taxi Buch Gedicht Bild Haus Museum Pferd Ei Hemd Kleid Dorf Boot",
}
ACCUSATIVE = {"m": r"\w+en", "f": r"\w+e", "n": r"[kms]?ein|dein|ihr|Ihr|unser|das|\w+es"}
DATIVE = {"m": r"\w+em", "f": r"\w+er", "n": r"\w+em"}
DETERMINER = (
    r"(?:(?:[mds]?ein|kein|[iI]hr|unser|dies|jed|all|viel|einig)[a-z]*|d(?:er|ie|as|e[nm]))"
)
CONTRACTIONS = {"im": "mn", "am": "mn", "vom": "mn", "zum": "mn", "ins": "n", "zur": "f"}


def nouns(gender):
    return rf"(?:[a-zäöüß]+ )?(?:{NOUNS[gender].replace(' ', '|')})\b"


def determiners(prepositions, gender):
    """Return the determiners of singular nouns of that gender after one of the prepositions."""
    found = re.compile(rf"\b(?:{prepositions}) ({DETERMINER}) {nouns(gender)}")
    return [word for line in GERMAN for word in found.findall(line)]


@pytest.mark.parametrize("gender", ["m", "f", "n"])
@pytest.mark.parametrize(
    ("prepositions", "forms"),
    [("mit|von|hinter|vor|zu", DATIVE), ("für|um|über", ACCUSATIVE)],
)
def test_a_preposition_governs_its_case(gender, prepositions, forms):
    found = determiners(prepositions, gender)
    assert len(found) > 10
    assert [word for word in found if not re.fullmatch(forms[gender], word)] == []


def test_an_article_that_can_contract_does_so_with_the_right_gender():
    assert [line for line in GERMAN if re.search(r"\b(in|an|von|zu) dem [a-zA-ZÄÖÜ]", line)] == []
    for contraction, genders in CONTRACTIONS.items():
        for gender in "mfn":
            found = [
                line for line in GERMAN if re.search(rf"\b{contraction} {nouns(gender)}", line)
            ]
            assert bool(found) <= (gender in genders), found


@pytest.mark.parametrize(
    ("article", "genders", "ending"),
    [
        *[("der", "m", "e"), ("die", "f", "e"), ("das", "n", "e"), ("den", "m", "en")],
        *[("ein", "m", "er"), ("eine", "f", "e"), ("ein", "n", "es"), ("einen", "m", "en")],
        *[("dem", "mn", "en"), ("einem", "mn", "en"), ("einer", "f", "en")],
    ],
)
def test_an_adjective_agrees_with_article_and_noun(article, genders, ending):
    either = "|".join(NOUNS[gender].replace(" ", "|") for gender in genders)
    phrase = re.compile(rf"\b(?i:{article}) (?!{DETERMINER} )([a-zäöüß]+) (?:{either})\b")
    found = [word for line in GERMAN for word in phrase.findall(line)]
    assert found
    assert [word for word in found if not word.endswith(ending)] == []


@pytest.mark.parametrize("conjunction", ["weil", "obwohl", "dass", "wenn", "ob", "warum"])
def test_a_subordinate_clause_ends_with_its_finite_verb(conjunction):
    clauses = [
        line.partition(f", {conjunction} ")[2].rstrip(".?").rpartition(", ")[2]
        for line in GERMAN
        if f", {conjunction} " in line
    ]
    assert len(clauses) > 10
    ends = [WORD.findall(clause)[-1] for clause in clauses]
    assert [end for end in ends if end[0].isupper() or end in NOT_FINITE] == []


@pytest.mark.parametrize(
    ("verb", "prefix"),
    [("rufe|rufst|ruft|rufen|rief|riefen", "an"), ("lädst|lädt|lud|luden", "ein")],
)
def test_the_prefix_of_a_finite_verb_ends_its_main_clause(verb, prefix):
    apart = re.compile(rf"\b(?:{verb})\b(.*)", re.IGNORECASE)
    rests = [match[1] for line in GERMAN if (match := apart.search(line))]
    assert rests
    assert [rest for rest in rests if not re.search(rf" {prefix}([.?!,]| und )", rest)] == []


def test_the_prefix_stands_before_the_verb_at_the_end_of_a_clause():
    lines = " ".join(GERMAN)
    for together in ("anruft", "angerufen", "anzurufen", "einlädt", "eingeladen", "zurückkommt"):
        assert re.search(rf" {together}[.,?]", lines), together


@pytest.mark.parametrize(
    ("participles", "auxiliary"),
    [
        ("gegangen|gefahren|gelaufen|gereist|angekommen|gefolgt", "ist"),
        ("gekauft|gelesen|gesehen|gegeben|angerufen|geschlafen|gesessen", "hat"),
    ],
)
def test_the_perfect_has_haben_or_sein_as_its_verb_asks(participles, auxiliary):
    last = re.compile(rf", (?:weil|obwohl|dass) [^,]* (?:{participles}) (hat|ist)\b")
    found = [word for line in GERMAN for word in last.findall(line)]
    assert len(found) > 4
    assert set(found) == {auxiliary}


@pytest.mark.parametrize(
    "mistake",
    [
        r"\b[Aa] [aeio]",
        r"\b[Aa]n [^aeiouh]",
        r"(?:^|because |although |if |that |when )(?:[Hh]e|[Ss]he) (?:are|have|do|were)\b",
        r"(?:^|because |although |if |that |when )(?:[Ww]e|[Tt]hey|[Yy]ou) (?:is|has|does|was)\b",
        r"\b(?:[Dd]o|[Dd]oes|[Dd]id) not (?!need)\w+(?:ed|ought|ies)\b",
        r"\b(?:these|many|some|\d{1,3}) (?:\w+ )?(?:man|woman|child|book|car|house)\b",
        r"\b(?:this|every|a) (?:\w+ )?(?:men|women|children|books|cars|houses)\b",
        r"\b(the|a|an|to|in|is|are|not) \1\b",
    ],
)
def test_english_is_without_this_mistake(mistake):
    assert [line for line in ENGLISH if re.search(mistake, line)] == []
