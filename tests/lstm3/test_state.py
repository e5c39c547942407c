"""States come back as they were, and never as something that they are not."""

from __future__ import annotations

import shutil

import pytest
import torch

from lstm3.checkpoint import WEIGHTS_NAME
from lstm3.corpus import CorpusText, ParallelText
from lstm3.epoch import run_epoch
from lstm3.errors import StateError
from lstm3.state import create_state, load_state, save_state
from lstm3.weights import read_tensors, write_tensors
from tests.lstm3.tiny import CPU, make_config, make_corpus, make_settings

OTHER_TEXT = CorpusText(
    train=ParallelText(src=("x y z",), trg=("X Y Z",)),
    valid=ParallelText(src=("x",), trg=("X",)),
    test=None,
)


@pytest.fixture
def corpus(tmp_path):
    return make_corpus(tmp_path / "corpora")


@pytest.fixture
def files(tmp_path):
    return tmp_path / "weights.safetensors", tmp_path / "moments.safetensors"


@pytest.fixture(params=[{}, {"amsgrad": True}], ids=["", "amsgrad"])
def config(request):
    return make_config(**request.param)


def trained(config, corpus):
    state, _ = run_epoch(create_state(config, corpus, CPU), make_settings(), corpus)
    return state


def moments(state):
    names = {parameter: name for name, parameter in state.model.named_parameters()}
    return {names[parameter]: dict(found) for parameter, found in state.optimizer.state.items()}


def assert_equal(state, other):
    torch.testing.assert_close(
        dict(state.model.state_dict()), dict(other.model.state_dict()), rtol=0, atol=0
    )
    torch.testing.assert_close(moments(state), moments(other), rtol=0, atol=0)
    assert (state.epoch, state.config, state.vocab_digest) == (
        other.epoch,
        other.config,
        other.vocab_digest,
    )


def test_a_state_comes_back_exactly(config, corpus, files):
    state = trained(config, corpus)
    save_state(state, *files)
    assert_equal(load_state(*files, config, corpus, CPU), state)


def test_a_state_before_its_first_epoch_comes_back_exactly(config, corpus, files):
    state = create_state(config, corpus, CPU)
    save_state(state, *files)
    loaded = load_state(*files, config, corpus, CPU)
    assert loaded.epoch == 0
    assert_equal(loaded, state)


def test_what_is_written_is_every_parameter_and_its_moments_once_and_nothing_else(
    config, corpus, files
):
    state = trained(config, corpus)
    save_state(state, *files)
    names = [name for name, _ in state.model.named_parameters()]
    num_bytes = 4 * sum(parameter.numel() for parameter in state.model.parameters())
    kinds = ["exp_avg", "exp_avg_sq", *(["max_exp_avg_sq"] if config.amsgrad else [])]
    weights, _ = read_tensors(files[0])
    assert sorted(weights) == sorted(names)
    assert size_of_tensors(files[0]) == num_bytes
    found, _ = read_tensors(files[1])
    assert sorted(found) == sorted(f"{kind}.{name}" for kind in [*kinds, "step"] for name in names)
    assert size_of_tensors(files[1]) == len(kinds) * num_bytes + 4 * len(names)


def size_of_tensors(path):
    """Return how many bytes of a safetensors file are behind its header."""
    content = path.read_bytes()
    return len(content) - 8 - int.from_bytes(content[:8], "little")


def test_nothing_that_was_read_lies_at_an_odd_address(corpus, files):
    save_state(trained(make_config(), corpus), *files)
    state = load_state(*files, make_config(), corpus, CPU)
    tensors = [*state.model.parameters()]
    tensors += [tensor for found in moments(state).values() for tensor in found.values()]
    assert all(tensor.data_ptr() % 64 == 0 for tensor in tensors)


def test_initial_weights_follow_from_the_seed_alone(corpus):
    first = create_state(make_config(seed=1), corpus, CPU)
    torch.manual_seed(99)
    before = torch.get_rng_state()
    assert_equal(create_state(make_config(seed=1, lr=0.5), corpus, CPU), first)
    assert torch.equal(torch.get_rng_state(), before)
    other = create_state(make_config(seed=2), corpus, CPU)
    assert not torch.equal(other.model.classifier.weight, first.model.classifier.weight)


def test_a_state_knows_only_what_acts_on_every_epoch(corpus):
    config = make_config(lr=0.5, patience=7, num_epochs=99, dropout_emb=0.3)
    assert create_state(config, corpus, CPU).config == make_config(dropout_emb=0.3)


def test_training_can_start_from_the_weights_of_a_file_or_folder(corpus, files):
    state = trained(make_config(), corpus)
    save_state(state, *files)
    assert files[0].name == WEIGHTS_NAME
    for path in (files[0], files[0].parent):
        fresh = create_state(make_config(weights=str(path)), corpus, CPU)
        assert fresh.epoch == 0
        assert moments(fresh) == {}
        torch.testing.assert_close(
            dict(fresh.model.state_dict()), dict(state.model.state_dict()), rtol=0, atol=0
        )


def test_where_weights_once_came_from_is_no_part_of_a_state(corpus, files, tmp_path):
    save_state(trained(make_config(), corpus), *files)
    written = []
    for name in ("here", "there"):
        path = tmp_path / name / WEIGHTS_NAME
        path.parent.mkdir()
        shutil.copy(files[0], path)
        config = make_config(weights=str(path))
        places = tmp_path / f"{name}.weights", tmp_path / f"{name}.moments"
        save_state(trained(config, corpus), *places)
        load_state(*places, make_config(), corpus, CPU)
        written.append([place.read_bytes() for place in places])
    assert written[0] == written[1]


def test_weights_that_do_not_say_their_vocabulary_are_refused(corpus, files):
    state = create_state(make_config(), corpus, CPU)
    write_tensors(files[0], state.model.state_dict(), {})
    with pytest.raises(StateError, match="found weights for vocabulary None"):
        create_state(make_config(weights=str(files[0])), corpus, CPU)


def test_metadata_of_another_kind_are_one_line(corpus, files):
    state = create_state(make_config(), corpus, CPU)
    write_tensors(files[0], state.model.state_dict(), [])
    with pytest.raises(StateError, match=r"its metadata is \[\]; expected a safetensors file"):
        create_state(make_config(weights=str(files[0])), corpus, CPU)


def test_weights_of_another_shape_are_refused_with_every_difference(corpus, files):
    save_state(create_state(make_config(), corpus, CPU), *files)
    with pytest.raises(StateError) as error:
        create_state(make_config(num_layers=1, weights=str(files[0])), corpus, CPU)
    assert "decoder.layers.1.weight_ih_l0: found (32, 8); expected nothing" in str(error.value)
    assert len(error.value.problems) > 1


def test_weights_of_another_vocabulary_are_refused(corpus, files, tmp_path):
    save_state(create_state(make_config(), corpus, CPU), *files)
    other = make_corpus(tmp_path / "corpora", OTHER_TEXT)
    with pytest.raises(StateError, match="vocabulary"):
        create_state(make_config(weights=str(files[0])), other, CPU)
    with pytest.raises(StateError, match="vocabulary"):
        load_state(*files, make_config(), other, CPU)


def test_a_state_of_another_config_is_refused_by_the_keys_that_differ(corpus, files):
    save_state(create_state(make_config(), corpus, CPU), *files)
    with pytest.raises(StateError) as error:
        load_state(*files, make_config(hidden_size=4, dropout_emb=0.5), corpus, CPU)
    assert [problem.partition(": ")[2] for problem in error.value.problems] == [
        "dropout_emb: found 0.2; expected 0.5",
        "hidden_size: found 8; expected 4",
    ]


def test_what_does_not_act_on_an_epoch_may_differ(corpus, files):
    save_state(create_state(make_config(), corpus, CPU), *files)
    load_state(*files, make_config(lr=0.7, num_epochs=3), corpus, CPU)


def test_moments_of_another_epoch_are_refused(corpus, files):
    state = create_state(make_config(), corpus, CPU)
    save_state(state, *files)
    weights = files[0].read_bytes()
    state, _ = run_epoch(state, make_settings(), corpus)
    save_state(state, *files)
    files[0].write_bytes(weights)
    with pytest.raises(StateError, match="does not belong"):
        load_state(*files, make_config(), corpus, CPU)


@pytest.mark.parametrize("content", [None, b"", b"not tensors", "cut"])
@pytest.mark.parametrize("which", [0, 1])
def test_an_unreadable_file_is_named(corpus, files, which, content):
    save_state(create_state(make_config(), corpus, CPU), *files)
    if content is None:
        files[which].unlink()
    else:
        files[which].write_bytes(files[which].read_bytes()[:-9] if content == "cut" else content)
    with pytest.raises(StateError, match=files[which].name):
        load_state(*files, make_config(), corpus, CPU)


def test_moments_of_other_parameters_are_refused(corpus, files):
    state = trained(make_config(), corpus)
    save_state(state, *files)
    _, metadata = read_tensors(files[0])
    write_tensors(files[1], {"exp_avg.nowhere": torch.zeros(3)}, metadata)
    with pytest.raises(StateError, match=r"exp_avg\.nowhere"):
        load_state(*files, make_config(), corpus, CPU)


def test_the_same_state_is_the_same_file(corpus, files, tmp_path):
    others = tmp_path / "other.weights", tmp_path / "other.moments"
    save_state(trained(make_config(), corpus), *files)
    save_state(trained(make_config(), corpus), *others)
    for one, other in zip(files, others, strict=True):
        assert one.read_bytes() == other.read_bytes()
