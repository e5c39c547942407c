"""Text comes back from its tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm3.tokenizer import JOINER, detokenize, tokenize
from lstm3.vocab import SPECIALS

_any_text = st.text(max_size=60)
_tricky_text = st.lists(
    st.sampled_from(
        [*"ab1’'-,.:;&()\"„“ß²_ \t\n", "&apos;s", "&quot;", "3,5", "\u2028", "\u00a0", "e\u0301"]
    ),
    max_size=25,
).map("".join)
_texts = st.one_of(_any_text, _tricky_text)


@given(_texts.filter(lambda text: JOINER not in text))
def test_text_comes_back_but_for_its_white_space(text: str) -> None:
    assert detokenize(tokenize(text)) == " ".join(text.split())


@given(_texts, st.integers(0, 60))
def test_a_joiner_in_the_text_takes_nothing_away_but_itself_and_spaces(
    text: str, place: int
) -> None:
    text = text[:place] + JOINER + text[place:]

    def bare(line: str) -> str:
        return "".join(line.replace(JOINER, "").split())

    assert bare(detokenize(tokenize(text))) == bare(text)


@given(st.lists(st.sampled_from(["a", "￭.", "(￭", "￭'￭", "￭,"]), max_size=6))
def test_no_joiner_of_a_model_reaches_a_reader(tokens: list[str]) -> None:
    text = detokenize(tokens)
    assert JOINER not in text
    assert "".join(text.split()) == "".join(tokens).replace(JOINER, "")


@given(_texts)
def test_a_token_is_never_empty_and_holds_no_white_space(text: str) -> None:
    for token in tokenize(text):
        assert token.split() == [token]


@given(_texts.filter(lambda text: JOINER not in text))
def test_words_and_numbers_never_carry_a_joiner(text: str) -> None:
    for token in tokenize(text):
        if JOINER in token:
            bare = token.removeprefix(JOINER).removesuffix(JOINER)
            assert not bare[0].isalnum()
            assert bare[0] != "_"


@given(st.sampled_from(SPECIALS), _texts, _texts)
def test_text_cannot_name_a_special(special: str, before: str, after: str) -> None:
    assert special not in tokenize(before + special + after)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Peter's dog, 3,5 kg.", "Peter ￭'s dog ￭, 3,5 kg ￭."),
        ("peter &apos;s dog , who", "peter &apos;s dog , who"),
        ("it&apos;s &quot;big&quot;", "it ￭&apos;s &quot;￭ big ￭&quot;"),
        ("Wo sind wir...?", "Wo sind wir ￭... ￭?"),
        ("„Ja“ (T-Shirt)", "„￭ Ja ￭“ (￭ T-Shirt ￭)"),
        ("von 10:30-11.000, -5", "von 10:30 ￭-￭ 11.000 ￭, -￭ 5"),
        ("35kg 3d", "35kg 3d"),
    ],
)
def test_tokens_are_words_numbers_and_marks(text: str, tokens: str) -> None:
    assert tokenize(text) == tokens.split()
