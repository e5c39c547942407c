"""BLEU is sacreBLEU's, and falls into the two factors that are reported with it."""

from __future__ import annotations

import pytest
import sacrebleu

from lstm3.bleu import score, sentence_bleu

HYPOTHESES = ["A dog runs through the green grass.", "Two men.", "a b c d e f"]
REFERENCES = ["A dog is running through green grass.", "Two men sit on a bench.", "a b c d e f"]


def test_bleu_is_the_one_that_sacrebleu_gives():
    expected = sacrebleu.corpus_bleu(HYPOTHESES, [REFERENCES], tokenize="13a")
    scores = score(HYPOTHESES, REFERENCES, "13a")
    assert scores.bleu == expected.score
    assert scores.bp == expected.bp < 1


def test_bleu_is_sinergy_times_brevity_penalty():
    scores = score(HYPOTHESES, REFERENCES, "13a")
    assert scores.sinergy * scores.bp == pytest.approx(scores.bleu)


def test_the_signature_names_the_tokenizer():
    assert "tok:13a" in score(HYPOTHESES, REFERENCES, "13a").signature
    assert "tok:none" in score(HYPOTHESES, REFERENCES, "none").signature


@pytest.mark.parametrize("hypotheses", [["", "", ""], ["a", "b", ""]])
def test_translations_without_any_match_score_zero(hypotheses):
    scores = score(hypotheses, REFERENCES, "13a")
    assert scores.bleu == 0
    assert scores.sinergy == 0


def test_a_perfect_translation_scores_a_hundred_and_no_more():
    scores = score(REFERENCES, REFERENCES, "13a")
    assert (scores.bleu, scores.sinergy, scores.bp) == (100, 100, 1)


def test_a_sentence_is_scored_over_the_orders_that_it_has():
    assert sentence_bleu("a b", "a b", "none") == pytest.approx(100)
    assert sentence_bleu("", "a b", "none") == 0
    assert 0 < sentence_bleu("a b c", "a b d", "none") < 100
