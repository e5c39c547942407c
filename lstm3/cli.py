"""The command line of one model."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import FrameType

from lstm3.config import Config
from lstm3.config_file import read_config
from lstm3.corpus import read_corpus, read_pairs
from lstm3.errors import ConfigError, NonFiniteLossError, UserError

OK, FAILED, WRONG_INPUT, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143


class _Terminated(BaseException):
    """SIGTERM came."""


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _terminate)
    try:
        options.command(options)
        sys.stdout.flush()
    except UserError as error:
        print(error, file=sys.stderr)
        return WRONG_INPUT
    except NonFiniteLossError as error:
        print(error, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except _Terminated:
        return TERMINATED
    except BrokenPipeError:  # as in `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return OK


def _terminate(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 (a signal handler)
    raise _Terminated


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m lstm3", description="Trains and uses one LSTM_3 translation model."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    train = _command(commands, "train", _train, "train one model by itself")
    train.add_argument("config", type=Path, metavar="CONFIG", help="YAML: config keys and corpus")
    train.add_argument("overrides", nargs="*", metavar="key=value")
    train.add_argument("--out", type=Path, required=True, metavar="MODEL", help="a new folder")
    train.add_argument("--overwrite", action="store_true", help="replace what MODEL holds")
    train.add_argument("--cache", type=Path, default=_cache(), metavar="DIR", help="of corpora")

    translate = _command(commands, "translate", _translate, "translate lines of text")
    translate.add_argument("model", type=Path, metavar="MODEL")
    translate.add_argument("file", type=Path, nargs="?", metavar="FILE", help="else standard input")
    _add_device(translate)

    evaluate = _command(commands, "evaluate", _evaluate, "print a model's BLEU and losses")
    evaluate.add_argument("model", type=Path, metavar="MODEL")
    evaluate.add_argument("src", metavar="SRC", help="sentences, one a line")
    evaluate.add_argument("trg", metavar="TRG", help="their references")
    evaluate.add_argument("--format", choices=("text", "json"), default="text")
    _add_device(evaluate)
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    command: Callable[[argparse.Namespace], None],
    what: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=what, description=what[0].upper() + what[1:] + ".")
    parser.set_defaults(command=command)
    return parser


def _add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", default=Config.device, help="auto, cpu, cuda, cuda:N or mps")
    parser.add_argument("--threads", type=int, metavar="N", help="CPU threads; else as trained")


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "lstm3"


def _train(options: argparse.Namespace) -> None:
    config, source = read_config(options.config, options.overrides)
    text = read_corpus(source)

    from rich.console import Console

    from lstm3.device import find_device
    from lstm3.encoding import load_encoded, prepare
    from lstm3.model_folder import make_empty
    from lstm3.progress import TrainingView
    from lstm3.train import train

    device = find_device(config.device)
    make_empty(options.out, overwrite=options.overwrite)
    folder = prepare(
        text,
        min_freq_src=config.min_freq_src,
        min_freq_trg=config.min_freq_trg,
        cache=options.cache,
    )
    corpus = load_encoded(folder)
    with TrainingView(config, corpus, Console()) as view:
        for event in train(config, corpus, device, options.out):
            view.show(event)
    print(f"the best epoch's model is in {options.out}")


def _translate(options: argparse.Namespace) -> None:
    from lstm3.device import find_device
    from lstm3.model_folder import load_model
    from lstm3.translate import BATCH_SIZE, translate_lines

    trained = load_model(options.model, find_device(options.device), options.threads)
    lines = _input_lines(options.file)
    while batch := list(islice(lines, BATCH_SIZE)):
        for line in translate_lines(trained, batch):
            sys.stdout.write(line + "\n")
        sys.stdout.flush()


def _input_lines(file: Path | None) -> Iterator[str]:
    """Return the lines of a file or of standard input, as they come."""
    try:
        stream = sys.stdin.buffer if file is None else file.open("rb")
        for number, line in enumerate(stream, start=1):
            try:
                yield line.decode("utf-8").rstrip("\r\n")
            except UnicodeDecodeError:
                name = file or "standard input"
                raise ConfigError(f"{name}:{number}: not UTF-8") from None
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise ConfigError(f"{file}: {error.strerror}; expected a text file") from None


def _evaluate(options: argparse.Namespace) -> None:
    pairs = read_pairs((options.src, options.trg))

    from lstm3.device import find_device
    from lstm3.model_folder import load_model
    from lstm3.translate import evaluate

    trained = load_model(options.model, find_device(options.device), options.threads)
    found = evaluate(trained, pairs.src, pairs.trg)
    values = dataclasses.asdict(found.scores) | {
        "loss": found.loss,
        "loss_no_tf": found.loss_no_tf,
        "sentences": found.num_sentences,
    }
    if options.format == "json":
        print(json.dumps(values, indent=2))
        return
    print(f"BLEU     {found.scores.bleu:.2f}  {found.scores.signature}")
    print(f"sinergy  {found.scores.sinergy:.2f}")
    print(f"BP       {found.scores.bp:.3f}")
    print(f"loss     {found.loss:.4f} nats per target token")
    print(f"         {found.loss_no_tf:.4f} without teacher forcing")
    print(f"of {found.num_sentences:,} sentences")
