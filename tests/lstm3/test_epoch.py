"""An epoch is a pure function: of its state, settings and corpus, and of nothing else."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from lstm3.bleu import score
from lstm3.corpus import CorpusText, ParallelText
from lstm3.dataset import TranslationDataset
from lstm3.epoch import Losses, Phase, iterate_epoch, run_epoch
from lstm3.errors import ConfigError, NonFiniteLossError, StateError
from lstm3.schedule import EpochSettings
from lstm3.state import create_state, load_state, save_state
from lstm3.validation import validate
from tests.lstm3.tiny import CPU, make_config, make_corpus, make_settings, make_text

SETTINGS = (make_settings(), make_settings(teacher_forcing=0.5), make_settings(lr=1e-3))
STANDSTILL = make_settings(lr=1e-30, weight_decay=0.0)
NO_DROPOUT = {f"dropout_{name}": 0.0 for name in ("emb", "enc", "dec", "attention")}


@pytest.fixture
def corpus(tmp_path):
    return make_corpus(tmp_path / "corpora")


def fresh(corpus, **changes):
    return create_state(make_config(**changes), corpus, CPU)


def digest(state):
    return {name: tensor.tolist() for name, tensor in state.model.state_dict().items()}


def trained(state, corpus, settings=SETTINGS):
    metrics = []
    for epoch_settings in settings:
        state, epoch_metrics = run_epoch(state, epoch_settings, corpus)
        metrics.append(epoch_metrics)
    return digest(state), metrics


def test_equal_states_and_settings_give_equal_epochs_whatever_the_process_did_before(corpus):
    torch.manual_seed(1)
    first = trained(fresh(corpus), corpus)
    torch.manual_seed(2)
    torch.rand(1000)
    assert trained(fresh(corpus), corpus) == first


def test_an_interrupted_training_continues_bit_by_bit(corpus, tmp_path):
    expected, metrics = trained(fresh(corpus), corpus)
    files = tmp_path / "weights", tmp_path / "moments"
    state, _ = run_epoch(fresh(corpus), SETTINGS[0], corpus)
    save_state(state, *files)
    state = load_state(*files, make_config(), corpus, CPU)
    assert trained(state, corpus, SETTINGS[1:]) == (expected, metrics[1:])


@pytest.mark.slow
def test_processes_that_hand_epochs_on_agree_with_one_that_runs_them_all(corpus, tmp_path):
    """Compares numbers bit by bit between processes, with states read from files."""

    def run(*epochs: int) -> list[object]:
        command = [sys.executable, __file__, str(tmp_path), str(corpus.folder), *map(str, epochs)]
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
        done = subprocess.run(command, check=True, capture_output=True, env=environment)
        return json.loads(done.stdout)

    assert run(0) + run(1) + run(2) == run(0, 1, 2)


def test_two_epochs_can_run_in_turns_in_one_process(corpus):
    expected = trained(fresh(corpus), corpus, SETTINGS[:1])
    one, other = (iterate_epoch(fresh(corpus), SETTINGS[0], corpus) for _ in range(2))
    while True:
        next(other, None)
        try:
            next(one)
        except StopIteration as end:
            state, metrics = end.value
            break
    assert (digest(state), [metrics]) == expected


@pytest.mark.parametrize("setting", [field.name for field in dataclasses.fields(EpochSettings)])
def test_every_setting_acts(corpus, setting):
    state, _ = run_epoch(fresh(corpus), make_settings(), corpus)
    changed = make_settings(**{setting: 0.5 * getattr(make_settings(), setting)})
    other, _ = run_epoch(fresh(corpus), changed, corpus)
    assert digest(state) != digest(other)


@pytest.mark.parametrize("interval", [1, 3, 50])
def test_a_loss_that_is_not_finite_is_told_with_its_step_however_seldom_losses_are_asked_for(
    interval,
):
    def total(*values):
        losses = Losses(epoch=4, lr=0.1, interval=interval)
        for value in values:
            losses.add(torch.tensor(value), torch.tensor(value))
        return losses.total()

    assert total(1.0, 2.0, 3.0, 4.0) == 10
    with pytest.raises(NonFiniteLossError) as caught:
        total(1.0, 1.0, 1.0, 1.0, float("nan"), 1.0, 1.0)
    assert (caught.value.epoch, caught.value.step) == (4, 5)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
def test_an_epoch_on_cuda_is_that_of_the_cpu_but_for_rounding(corpus):
    _, expected = run_epoch(fresh(corpus, **NO_DROPOUT), make_settings(), corpus)
    state = create_state(make_config(**NO_DROPOUT), corpus, torch.device("cuda"))
    _, found = run_epoch(state, make_settings(), corpus)
    assert found.train_loss == pytest.approx(expected.train_loss, rel=1e-3)
    assert found.val_loss == pytest.approx(expected.val_loss, rel=1e-3)


def test_epochs_and_seeds_draw_differently(corpus):
    losses = [
        run_epoch(fresh(corpus, seed=seed), STANDSTILL, corpus)[1].train_loss for seed in (1, 2)
    ]
    state, first = run_epoch(fresh(corpus), STANDSTILL, corpus)
    _, second = run_epoch(state, STANDSTILL, corpus)
    assert first.val_loss == second.val_loss
    assert len({*losses, second.train_loss}) == 3


def test_drawing_for_teacher_forcing_leaves_all_else_as_it_was(corpus):
    always = trained(fresh(corpus), corpus, [make_settings(teacher_forcing=1.0)])
    almost = trained(fresh(corpus), corpus, [make_settings(teacher_forcing=1 - 1e-7)])
    assert almost == always


def test_the_training_loss_is_plain_cross_entropy_a_token_over_batches_of_all_sizes(corpus):
    """Eight pairs in batches of three, so the last is smaller; with smoothing that must not act."""
    state = fresh(corpus, **NO_DROPOUT)
    expected = validate(state.model, TranslationDataset(corpus.train), 1)
    settings = make_settings(lr=1e-30, weight_decay=0.0, label_smoothing=0.9)
    _, metrics = run_epoch(state, settings, corpus)
    assert metrics.num_tokens == expected.num_tokens
    assert metrics.train_loss == pytest.approx(expected.loss_per_token, rel=1e-6)


def test_validation_losses_do_not_know_of_label_smoothing(corpus):
    losses = set()
    for label_smoothing in (0.0, 0.9):
        settings = make_settings(lr=1e-30, weight_decay=0.0, label_smoothing=label_smoothing)
        _, metrics = run_epoch(fresh(corpus), settings, corpus)
        losses.add((metrics.val_loss, metrics.val_loss_no_tf))
    assert len(losses) == 1


def test_a_gradient_is_of_the_mean_over_tokens(corpus):
    """With one batch, clipping aside, the step follows from torch's own loss over all pairs."""
    state, settings = fresh(corpus, batch_size=8, clip_norm=1e9, **NO_DROPOUT), make_settings()
    data = TranslationDataset(corpus.train)
    batch = data.batch(data.sorted_batches(8)[0])
    other = fresh(corpus, batch_size=8, **NO_DROPOUT)
    memory, start = other.model.encode(batch.src, batch.src_lengths)
    logits = other.model.classify(other.model.decode(batch.inputs, start, memory)[0])
    criterion = torch.nn.CrossEntropyLoss(ignore_index=1, label_smoothing=0.1)
    criterion(logits.flatten(0, 1), batch.trg[:, 1:].flatten()).backward()
    state, _ = run_epoch(state, settings, corpus)
    for parameter, reference in zip(
        state.model.parameters(), other.model.parameters(), strict=True
    ):
        torch.testing.assert_close(
            state.optimizer.state[parameter]["exp_avg"], 0.1 * reference.grad
        )


def test_gradients_are_clipped_to_their_norm(corpus):
    state, _ = run_epoch(fresh(corpus, batch_size=8, clip_norm=0.01), make_settings(), corpus)
    moments = [found["exp_avg"].flatten() / 0.1 for found in state.optimizer.state.values()]
    assert float(torch.cat(moments).norm()) == pytest.approx(0.01, rel=1e-3)


def test_max_len_leaves_training_pairs_out_and_cuts_no_validation(tmp_path):
    corpus = make_corpus(tmp_path, make_text(longest_valid=40))
    data = TranslationDataset(corpus.train)
    usable = [len(trg) + 1 for src, trg in map(data.__getitem__, range(8)) if len(src) <= 5]
    state = fresh(corpus, max_len=5)
    expected = validate(state.model, TranslationDataset(corpus.valid), 1)
    _, metrics = run_epoch(state, STANDSTILL, corpus)
    assert 0 < len(usable) < 8
    assert metrics.num_tokens == sum(usable)
    assert metrics.val_loss == pytest.approx(expected.loss_per_token, rel=1e-6)
    assert expected.num_tokens == sum(len(line.split()) + 1 for line in corpus.valid_trg)
    assert len(metrics.hypotheses) == len(corpus.valid_trg)


def test_a_max_len_that_leaves_nothing_to_train_on_is_an_error(tmp_path):
    words = ParallelText(src=("a b",), trg=("A B",))
    corpus = make_corpus(tmp_path, CorpusText(train=words, valid=words, test=None))
    with pytest.raises(ConfigError, match="max_len"):
        run_epoch(fresh(corpus, max_len=1), make_settings(), corpus)


@pytest.mark.parametrize("lr", [1e10, 1e38])
def test_a_loss_that_is_not_finite_ends_the_epoch(corpus, lr):
    state = fresh(corpus)
    with pytest.raises(NonFiniteLossError) as error:
        trained(state, corpus, [make_settings(lr=lr, weight_decay=1.0)] * 20)
    assert error.value.epoch == state.epoch + 1
    assert 1 <= error.value.step <= 3
    assert error.value.lr == lr


def test_a_state_of_another_vocabulary_is_refused(corpus):
    state = fresh(corpus)
    state.vocab_digest = "other"
    with pytest.raises(StateError, match="other"):
        run_epoch(state, make_settings(), corpus)


def test_no_weight_decay_opens_a_gate_on_padding(corpus):
    state = fresh(corpus)
    before = [layer.lstm.weight_ih_l0[:, -1].tolist() for layer in state.model.encoder.layers]
    state, _ = run_epoch(state, make_settings(lr=0.1, weight_decay=5.0), corpus)
    after = [layer.lstm.weight_ih_l0[:, -1].tolist() for layer in state.model.encoder.layers]
    assert after == before


def test_progress_goes_through_both_phases_to_the_end(corpus):
    steps = []
    epoch = iterate_epoch(fresh(corpus), make_settings(), corpus)
    while True:
        try:
            steps.append(next(epoch))
        except StopIteration as end:
            _, metrics = end.value
            break
    assert [step.step for step in steps] == list(range(1, steps[0].num_steps + 1))
    assert [step.phase for step in steps] == [Phase.TRAIN] * 3 + [Phase.VALIDATE]
    assert steps[-1].fraction == 1
    assert steps[-1].num_tokens == metrics.num_tokens


def test_an_epoch_does_not_know_how_many_threads_its_process_has(corpus):
    before = torch.get_num_threads()
    expected = trained(fresh(corpus), corpus, SETTINGS[:1])
    torch.set_num_threads(before + 1)
    try:
        epoch = iterate_epoch(fresh(corpus), SETTINGS[0], corpus)
        next(epoch)
        assert torch.get_num_threads() == before + 1
        assert trained(fresh(corpus), corpus, SETTINGS[:1]) == expected
    finally:
        torch.set_num_threads(before)


def test_bfloat16_trains_to_about_the_same_losses(corpus):
    _, exact = trained(fresh(corpus), corpus)
    _, rough = trained(fresh(corpus, precision="bf16"), corpus)
    assert rough[-1].val_loss == pytest.approx(exact[-1].val_loss, rel=0.02)
    assert rough != exact


@pytest.mark.parametrize("teacher_forcing", [1.0, 0.5])
def test_a_few_pairs_are_learned_by_heart(tmp_path, teacher_forcing):
    text = make_text()
    corpus = make_corpus(tmp_path, CorpusText(train=text.train, valid=text.train, test=None))
    state = fresh(corpus, batch_size=8, hidden_size=32, embedding_dim=32, **NO_DROPOUT)
    settings = make_settings(lr=2e-2, teacher_forcing=teacher_forcing, label_smoothing=0.0)
    for _ in range(40):
        state, metrics = run_epoch(state, settings, corpus)
    assert metrics.val_loss < 0.1
    assert score(metrics.hypotheses, corpus.valid_trg, "none").bleu > 95


def main(folder: Path, corpus_folder: Path, epochs: list[int]) -> None:
    """Run these epochs (from 0), each from the state that the one before left in `folder`."""
    from lstm3.encoding import load_encoded

    corpus = load_encoded(corpus_folder)
    files = folder / "weights.safetensors", folder / "moments.safetensors"
    state = fresh(corpus) if epochs[0] == 0 else load_state(*files, make_config(), corpus, CPU)
    digests = []
    for epoch in epochs:
        state, metrics = run_epoch(state, SETTINGS[epoch], corpus)
        digests.append([digest(state), metrics.train_loss, metrics.val_loss, metrics.hypotheses])
    save_state(state, *files)
    sys.stdout.write(json.dumps(digests))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), [int(epoch) for epoch in sys.argv[3:]])
