"""The command line as a person meets it: text in, text out, one line a problem, exit codes."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lstm3.bleu import score
from lstm3.checkpoint import WEIGHTS_NAME
from lstm3.cli import run
from lstm3.model_folder import CHECKPOINTS, CONFIG
from tests.lstm3.tiny import make_text

pytestmark = pytest.mark.slow  # real processes

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "lstm3")
CONFIG_TEXT = """\
corpus: {train: [train.src, train.trg], valid: [valid.src, valid.trg]}
embedding_dim: 6
hidden_size: 8
batch_size: 3
min_freq_src: 1
min_freq_trg: 1
lr: 1e-2
device: cpu
num_epochs: 2
"""


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a corpus, a config for it, and the model that a process made of them."""
    folder = tmp_path_factory.mktemp("place")
    text = make_text()
    for split, pairs in (("train", text.train), ("valid", text.valid)):
        for side in ("src", "trg"):
            lines = getattr(pairs, side)
            (folder / f"{split}.{side}").write_text("".join(f"{line}\n" for line in lines))
    (folder / "config.yaml").write_text(CONFIG_TEXT)
    done = _process("train", folder / "config.yaml", *_out(folder), "num_epochs=3")
    assert done.returncode == 0, done.stderr.decode()
    (folder / "said").write_bytes(done.stdout)
    return folder


def _out(place: Path, name: str = "model") -> tuple[str, ...]:
    return ("--out", str(place / name), "--cache", str(place / "cache"))


def _process(*arguments: object, text: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=text,
        capture_output=True,
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        timeout=120,
        check=False,
    )


def _run(*arguments: object) -> int:
    return run([str(argument) for argument in arguments])


def test_training_makes_a_model_and_says_what_every_epoch_came_to(place: Path) -> None:
    said = (place / "said").read_text().splitlines()
    for epoch in (1, 2, 3):
        assert sum(line.startswith(f"epoch {epoch}/3  train loss") for line in said) == 1
    assert "num_epochs: 3" in (place / "model" / CONFIG).read_text()
    (last,) = (place / "model" / CHECKPOINTS).iterdir()
    assert last.name.endswith("-epoch03.safetensors")


def test_translations_come_a_line_each_from_standard_input_or_a_file(
    place: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    text = "a b c\n\ng ö\u2028f".encode()
    piped = _process("translate", place / "model", text=text)
    assert (piped.returncode, piped.stderr) == (0, b"")
    lines = piped.stdout.decode().split("\n")
    assert (len(lines), lines[1], lines[3]) == (4, "", "")
    (place / "text").write_bytes(text)
    assert _run("translate", place / "model", place / "text") == 0
    assert capsysbinary.readouterr().out == piped.stdout


def test_whoever_writes_a_line_gets_its_translation_before_the_next(place: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "translate", str(place / "model")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as process:
        assert process.stdin
        assert process.stdout
        for _ in range(2):
            process.stdin.write(b"a b c\n")
            process.stdin.flush()
            assert process.stdout.readline().endswith(b"\n")
        process.stdin.close()
        assert process.wait() == 0


def test_a_reader_that_leaves_is_no_error(place: Path) -> None:
    lines = "a b c d e f g\n" * 50_000
    (place / "many").write_text(lines)
    command = " ".join([*COMMAND, "translate", str(place / "model"), str(place / "many")])
    done = subprocess.run(
        ["bash", "-c", f"{command} | head -1; exit ${{PIPESTATUS[0]}}"],
        capture_output=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.count(b"\n") == 1


def test_evaluation_prints_what_the_translations_are_worth(
    place: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    src, trg = place / "valid.src", place / "valid.trg"
    assert _run("translate", place / "model", src) == 0
    hypotheses = capsysbinary.readouterr().out.decode().splitlines()
    assert _run("evaluate", place / "model", src, trg, "--format", "json") == 0
    found = json.loads(capsysbinary.readouterr().out)
    expected = score(hypotheses, trg.read_text().splitlines(), "13a")
    assert set(found) == {
        *("bleu", "signature", "sinergy", "bp", "loss", "loss_no_tf", "sentences"),
    }
    assert (found["bleu"], found["signature"]) == (expected.bleu, expected.signature)
    assert found["sentences"] == len(hypotheses)
    assert _run("evaluate", place / "model", src, trg) == 0
    text = capsysbinary.readouterr().out.decode()
    assert f"{expected.bleu:.2f}  {expected.signature}" in text
    assert f"{found['loss']:.4f} nats per target token" in text


def test_every_problem_of_a_config_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("corpus: dmo\nlr: fast\nhiden_size: 3\n")
    assert _run("train", path, "gamma=2", *_out(tmp_path)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    lines = said.err.splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        *(f"{path}:{number}" for number in (1, 2, 3)),
        "command line",
    ]
    assert not (tmp_path / "model").exists()


def test_every_problem_of_a_corpus_is_one_line(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG_TEXT)
    shutil.copy(place / "train.src", tmp_path)
    assert _run("train", tmp_path / "config.yaml", *_out(tmp_path)) == 2
    missing = ("train.trg", "valid.src", "valid.trg")
    assert [line.split(": ")[0] for line in capsys.readouterr().err.splitlines()] == [
        str(tmp_path / name) for name in missing
    ]


def test_a_model_is_overwritten_only_when_told(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(place / "model", tmp_path / "model")
    arguments = ("train", place / "config.yaml", "num_epochs=1", "seed=7")
    out = ("--out", tmp_path / "model", "--cache", place / "cache")
    before = (tmp_path / "model" / WEIGHTS_NAME).read_bytes()
    assert _run(*arguments, *out) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert (tmp_path / "model" / WEIGHTS_NAME).read_bytes() == before
    assert _run(*arguments, *out, "--overwrite") == 0
    assert (tmp_path / "model" / WEIGHTS_NAME).read_bytes() != before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--threads", "0"], "command line: threads: found 0"),
        (["--threads", "many"], "command line: threads: found 'many'"),
        (["--threads", "1024"], "--threads: found 1024 for "),
        (["--device", "tpu"], "device: found 'tpu'"),
        (["--device", "cuda:²"], "device: found 'cuda:²'"),
        (["--device", "cuda:00"], "device: found 'cuda:00'"),
    ],
)
def test_a_wrong_option_is_one_line(
    place: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert _run("translate", place / "model", *options) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(message)


def test_a_model_or_text_that_is_not_there_is_one_line(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (
        ("translate", tmp_path / "none"),
        ("translate", place / "model", tmp_path / "none"),
        ("train", place / "config.yaml", f"weights={tmp_path / 'none'}", *_out(tmp_path)),
        ("train", tmp_path / "none", *_out(tmp_path)),
    ):
        assert _run(*arguments) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(f"{tmp_path / 'none'}: ")


def test_more_threads_than_cores_are_refused_before_anything_is_made(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("train", place / "config.yaml", "threads=1024", *_out(tmp_path)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("threads: found 1024 for ")
    assert not any(tmp_path.iterdir())


def test_closed_input_is_one_line(place: Path) -> None:
    command = shlex.join([*COMMAND, "translate", str(place / "model")])
    done = subprocess.run(f"{command} <&-", shell=True, capture_output=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"standard input: is closed; expected text, or give FILE\n"


def test_a_user_without_a_home_is_asked_where_corpora_go(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", "~")  # which is what Path.expanduser finds, and refuses
    assert _run("train", place / "config.yaml", "--out", tmp_path / "model") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "--cache: no home folder is known here; expected a folder"


@pytest.mark.parametrize("arguments", [["translate", "model", "text", "lr=1"], ["train", "--lr=1"]])
def test_an_argument_that_has_no_place_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(arguments)
    assert caught.value.code == 2


def test_text_that_is_not_utf8_is_told_after_the_lines_before_it(place: Path) -> None:
    done = _process("translate", place / "model", text=b"a\n\xff\n")
    assert (done.returncode, done.stderr) == (2, b"standard input:2: not UTF-8\n")


def test_a_run_that_diverges_is_one_line_and_exit_code_1(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = _run("train", place / "config.yaml", "lr=1e30", *_out(tmp_path))
    (line,) = capsys.readouterr().err.splitlines()
    assert code == 1
    assert line.startswith("loss is not finite at epoch 1")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_leaves_a_whole_model(
    place: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    arguments = ("train", place / "config.yaml", "num_epochs=100000", *_out(tmp_path))
    with subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    ) as process:
        assert process.stdout
        assert process.stderr
        while not process.stdout.readline().startswith(b"epoch 2/"):
            pass
        process.send_signal(number)
        process.stdout.read()
        assert (process.wait(), process.stderr.read()) == (code, b"")
    assert _run("evaluate", tmp_path / "model", place / "valid.src", place / "valid.trg") == 0


def test_help_and_wrong_configs_wait_for_no_heavy_import(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom lstm3.cli import run\ntry: code = run(sys.argv[1:])\n"
        "except SystemExit as end: code = end.code\n"
        "heavy = {'torch', 'numpy', 'sacrebleu', 'safetensors', 'rich'} & sys.modules.keys()\n"
        "print(code, *sorted(heavy), file=sys.stderr)"
    )
    for arguments, expected in (
        (["--help"], "0"),
        (["train", "--help"], "0"),
        (["train", str(tmp_path / "none"), "--out", str(tmp_path)], "2"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=True,
        )
        assert done.stderr.splitlines()[-1] == expected
