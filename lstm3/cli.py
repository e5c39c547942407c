"""The command line of one model."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from lstm3.command_line import OK, Parser, add_command, run_command
from lstm3.config import Config
from lstm3.config_file import parse_overrides, read_config
from lstm3.cores import TOO_MANY, num_cores
from lstm3.corpus import read_corpus, read_pairs
from lstm3.errors import ConfigError, CorpusError

if TYPE_CHECKING:
    from lstm3.model_folder import TrainedModel


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    return run_command(_parser(), arguments)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m lstm3", description="Trains and uses one LSTM_3 translation model."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    train = add_command(commands, "train", _train, "train one model by itself")
    train.add_argument("config", type=Path, metavar="CONFIG", help="YAML: config keys and corpus")
    train.add_argument("overrides", nargs="*", metavar="key=value")
    train.add_argument("--out", type=Path, required=True, metavar="MODEL", help="a new folder")
    train.add_argument("--overwrite", action="store_true", help="replace what MODEL holds")
    train.add_argument("--cache", type=Path, metavar="DIR", help="of corpora")

    translate = add_command(commands, "translate", _translate, "translate lines of text")
    translate.add_argument("model", type=Path, metavar="MODEL")
    translate.add_argument("file", type=Path, nargs="?", metavar="FILE", help="else standard input")
    _add_device(translate)

    evaluate = add_command(commands, "evaluate", _evaluate, "print a model's BLEU and losses")
    evaluate.add_argument("model", type=Path, metavar="MODEL")
    evaluate.add_argument("src", metavar="SRC", help="sentences, one a line")
    evaluate.add_argument("trg", metavar="TRG", help="their references")
    evaluate.add_argument("--format", choices=("text", "json"), default="text")
    _add_device(evaluate)
    return parser


def _add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", default=Config.device, help="auto, cpu, cuda, cuda:N or mps")
    parser.add_argument(
        "--threads", metavar="N", help="CPU threads; else as trained, or as many as there are cores"
    )


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    try:
        return Path(base).expanduser() / "lstm3"
    except RuntimeError:
        raise ConfigError("--cache: no home folder is known here; expected a folder") from None


def _check_threads(what: str, threads: int) -> None:
    if threads > num_cores():
        raise ConfigError(f"{what}: found {threads} for {num_cores()} cores; {TOO_MANY}")


def _train(options: argparse.Namespace) -> int:
    config, source = read_config(options.config, options.overrides)
    _check_threads("threads", config.threads)
    text = read_corpus(source)

    from rich.console import Console

    from lstm3.device import find_device
    from lstm3.encoding import load_encoded, prepare
    from lstm3.model_folder import claim
    from lstm3.progress import TrainingView
    from lstm3.train import train

    device = find_device(config.device)
    claim(options.out, overwrite=options.overwrite)
    folder = prepare(
        text,
        min_freq_src=config.min_freq_src,
        min_freq_trg=config.min_freq_trg,
        cache=options.cache or _cache(),
    )
    corpus = load_encoded(folder)
    with TrainingView(config, corpus, Console()) as view:
        for event in train(config, corpus, device, options.out):
            view.show(event)
    print(f"the best epoch's model is in {options.out}")
    return OK


def _translate(options: argparse.Namespace) -> int:
    from lstm3.translate import arriving_lines, translate_lines

    trained = _load(options)
    with _open(options.file) as stream:
        name = "standard input" if options.file is None else str(options.file)
        for lines in arriving_lines(stream.fileno(), name):
            for translation in translate_lines(trained, lines):
                sys.stdout.buffer.write(translation.encode() + b"\n")
            sys.stdout.buffer.flush()
    return OK


def _open(file: Path | None) -> AbstractContextManager[BinaryIO]:
    if file is None:
        if sys.stdin is None:
            raise CorpusError("standard input: is closed; expected text, or give FILE")
        return nullcontext(sys.stdin.buffer)
    try:
        return file.open("rb")
    except OSError as error:
        raise CorpusError(f"{file}: {error.strerror}; expected a text file") from None


def _evaluate(options: argparse.Namespace) -> int:
    pairs = read_pairs((options.src, options.trg))

    from lstm3.translate import evaluate

    found = evaluate(_load(options), pairs.src, pairs.trg)
    values = dataclasses.asdict(found.scores) | {
        "loss": found.loss,
        "loss_no_tf": found.loss_no_tf,
        "sentences": found.num_sentences,
    }
    if options.format == "json":
        print(json.dumps(values, indent=2))
        return OK
    print(f"BLEU     {found.scores.bleu:.2f}  {found.scores.signature}")
    print(f"sinergy  {found.scores.sinergy:.2f}")
    print(f"BP       {found.scores.bp:.3f}")
    print(f"loss     {found.loss:.4f} nats per target token")
    print(f"         {found.loss_no_tf:.4f} without teacher forcing")
    print(f"of {found.num_sentences:,} sentences")
    return OK


def _load(options: argparse.Namespace) -> TrainedModel:
    """Return the model of `translate` and `evaluate`, where they want it."""
    from lstm3.device import find_device
    from lstm3.model_folder import load_model

    said = [] if options.threads is None else [f"threads={options.threads}"]
    given, problems = parse_overrides(said, {})
    if problems:
        raise ConfigError(problems)
    _check_threads("--threads", given.get("threads", 1))
    return load_model(options.model, find_device(options.device), given.get("threads"))
