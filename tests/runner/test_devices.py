"""Slots: one a GPU, or one a CPU core, and never two workers on one."""

from __future__ import annotations

import pytest

from lstm3.errors import ConfigError
from runner.execution.devices import find_gpus, make_slots


@pytest.fixture
def install_torch(monkeypatch, tmp_path):
    """Return a function that lets a version of torch seem to be installed."""

    def install(version):
        found = tmp_path / version / f"torch-{version}.dist-info"
        found.mkdir(parents=True)
        (found / "METADATA").write_text(f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n")
        monkeypatch.syspath_prepend(found.parent)

    return install


@pytest.fixture
def two_gpus(monkeypatch, install_torch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    install_torch("2.13.0")


@pytest.mark.usefixtures("two_gpus")
def test_every_visible_gpu_is_a_slot_of_its_own_numbered_as_torch_does():
    slots = make_slots(devices=None, workers=None, threads=1, per_device=1)
    assert [slot.device for slot in slots] == ["cuda:0", "cuda:1"]
    assert len(make_slots(devices=None, workers=1, threads=1, per_device=1)) == 1


@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize(
    ("devices", "workers", "said"),
    [
        ("cuda:0,cuda:0", None, "cannot share"),
        ("cuda:0,cuda:2", None, "no such device"),
        ("cuda:0,cpu", None, "one type"),
        ("cuda:0", 2, "there are 1 devices"),
        ("tpu", None, "expected cpu"),
        ("cuda:x", None, "expected cpu"),
    ],
)
def test_devices_that_cannot_be_had_are_refused(devices, workers, said):
    with pytest.raises(ConfigError, match=said):
        make_slots(devices=devices, workers=workers, threads=1, per_device=1)


@pytest.mark.parametrize("visible", ["", "-1"])
def test_hidden_gpus_are_no_slots(monkeypatch, visible):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert find_gpus() == []


@pytest.mark.usefixtures("two_gpus")
def test_gpus_that_the_installed_torch_is_not_built_for_are_no_slots(install_torch):
    install_torch("2.13.0+cpu")
    slots = make_slots(devices=None, workers=1, threads=1, per_device=1)
    assert [slot.device for slot in slots] == ["cpu"]
    with pytest.raises(ConfigError, match=r"torch 2.13.0\+cpu has no such device"):
        make_slots(devices="cuda:0", workers=None, threads=1, per_device=1)


def test_more_threads_than_cores_are_refused_with_the_reason():
    with pytest.raises(ConfigError, match="many times slower"):
        make_slots(devices="cpu", workers=10_000, threads=1, per_device=1)
    with pytest.raises(ConfigError, match="many times slower"):
        make_slots(devices="cpu", workers=1, threads=10_000, per_device=1)


def test_cpu_workers_are_as_many_as_their_threads_leave_cores_for():
    one_threaded = make_slots(devices="cpu", workers=None, threads=1, per_device=1)
    all_cores = make_slots(devices="cpu", workers=None, threads=len(one_threaded), per_device=1)
    assert len(all_cores) == 1


@pytest.mark.usefixtures("two_gpus")
def test_several_slots_share_a_gpu_and_fewer_workers_are_spread_over_all_gpus():
    every = make_slots(devices=None, workers=None, threads=1, per_device=2)
    assert [slot.device for slot in every] == ["cuda:0", "cuda:1", "cuda:0", "cuda:1"]
    assert len({slot.name for slot in every}) == 4
    some = make_slots(devices=None, workers=2, threads=1, per_device=2)
    assert {slot.device for slot in some} == {"cuda:0", "cuda:1"}
    with pytest.raises(ConfigError, match="2 slots each"):
        make_slots(devices=None, workers=5, threads=1, per_device=2)
