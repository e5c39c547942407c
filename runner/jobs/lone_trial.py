"""One trial that a W&B agent or a user asks for, through the epoch store that all trials share.

It shares a lock with all others of its sweep: an epoch that another process trains is waited for.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path as FilePath

from lstm3.corpus import read_corpus
from lstm3.errors import said_of_file
from lstm3.fingerprint import Provenance, first_key, weights_by_content
from runner.execution.devices import device_type
from runner.execution.events import EpochFinished, Event, Slot, Unfolded, Warned
from runner.execution.local_engine import LocalEngine, trainers
from runner.execution.preparation import Corpora, make_outcomes, make_provenance
from runner.execution.sweep import Places, run_sweep
from runner.mirrors.rhythm import Rhythm
from runner.mirrors.state_keeper import LOOK_SECONDS, StateKeeper
from runner.mirrors.trial_folders import TrialFolders
from runner.specs.spec import Spec
from runner.storage.agent_trials import AgentTrials, agent_trial, beside, scored
from runner.storage.origin import Origin
from runner.storage.starts import changes_since, save_agents_origin
from runner.storage.sweep_folder import SweepFolder
from runner.tracking.wandb_content import Ask
from runner.tracking.wandb_runs import WandbRuns
from runner.tree.arrival import ArrivalPruner, standing
from runner.tree.path import Path
from runner.tree.pruning import Pruner
from runner.tree.trial import Trial, TrialState, make_trial
from runner.tree.unfold import Tree

_FINISH_SECONDS = 60.0  # that W&B has to finish a run
_LEAVE_SECONDS = 7.0  # the same, when the trial must go


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A trial as it was asked for."""

    sweep: Spec  # that it belongs to
    trial: Spec  # of it alone
    agent_run: str | None  # the W&B run that an agent gave it
    slot: Slot


class LoneTrial:
    """A trial with all that belongs around it; `close` must follow `events`.

    Raises UserError, with nothing changed, if the corpus is wrong or the spec differs too much
    from what its sweep was started with.
    """

    def __init__(self, sent: Sent, results: FilePath) -> None:
        self._folder = SweepFolder(results=results, name=sent.sweep.name)
        text = read_corpus(sent.sweep.corpus)
        kind = device_type(sent.slot.device)
        self._corpora = Corpora(text, self._folder.corpora)
        provenance = make_provenance(sent.sweep, text, kind)
        changes_since(self._folder, sent.sweep, provenance)
        self._presence = ExitStack()
        self._presence.enter_context(self._folder.agents_lock.shared())
        encoded = self._corpora.folder(sent.sweep.base).name
        joined = Origin(spec=sent.sweep, provenance=provenance, encoded=(encoded,))
        save_agents_origin(self._folder, joined)
        spec = dataclasses.replace(sent.trial, wandb="online" if sent.agent_run else "off")
        provenance = make_provenance(spec, text, kind)
        self._trial = _trial_of(spec, provenance)
        encoded = self._corpora.folder(self._trial.config).name
        self._origin = Origin(spec=spec, provenance=provenance, encoded=(encoded,))
        self._outcomes = make_outcomes(
            self._folder, self._origin.spec, lambda: text.valid.trg, mend=True
        )
        self._trials = AgentTrials(self._folder)
        self._tree = self._make_tree()
        self.path = self._tree.paths[0]
        self._name = sent.agent_run or self._trial.id
        known = self._trials.get(self._name)
        self._arrived = known.arrived if known else time.time()
        if known is None:
            self._keep()
        self._slot = sent.slot
        self._own = self._folder.agents / self._name
        self._own.mkdir(exist_ok=True)
        SweepFolder(results=self._folder.agents, name=self._name).save(self._origin)
        self._states = StateKeeper(self._folder, self._own, self._tree, Rhythm(LOOK_SECONDS))
        self._runs = WandbRuns(self._folder, self._origin, agent_run=sent.agent_run)

    def events(self, is_interrupted: Callable[[], bool]) -> Iterator[Event]:
        """Train the trial to its end or interruption; yield what happens."""
        places = Places(corpus=self._corpora.folder, store=self._folder.store.root)
        self._runs.begin(self.path)
        make_core = trainers(self._origin.provenance)
        engine = LocalEngine([self._slot], make_core, self._own / "logs")
        folders = TrialFolders(self._folder, is_guest=self._folder.load() is not None)
        try:
            for event in run_sweep(
                self._tree,
                self._outcomes,
                engine,
                places,
                lambda: is_interrupted() or self._runs.is_stop_asked(),
            ):
                if isinstance(event, Unfolded | EpochFinished):
                    folders.update(event.moved)
                    self._runs.show(event.moved)
                    self._keep()
                yield event
                warnings = [*self._runs.warnings(), *self._states.follow(event)]
                yield from (Warned(message=text) for text in warnings)
        finally:
            engine.close()

    def close(self) -> list[str]:
        """Leave the trial as it stands now; return warnings."""
        warnings: list[str] = []
        if self.path.state.is_final:
            self._runs.close(_FINISH_SECONDS)
        else:
            self._runs.close(_LEAVE_SECONDS, Ask.PREEMPT)
            warnings += self._leave_off()
        warnings += self._states.close()
        self._presence.close()
        return [*self._runs.warnings(), *warnings]

    def _leave_off(self) -> Iterator[str]:
        """Keep why the trial is not at its end; yield a warning if that fails."""
        after = f"after epoch {self.path.num_epochs}"
        if self._runs.is_stop_asked():
            self.path.state, self.path.reason = TrialState.STOPPED, f"stopped by W&B {after}"
        else:
            self.path.state, self.path.reason = TrialState.WAITING, f"interrupted {after}"
        try:
            self._keep()
        except OSError as error:
            yield f"{said_of_file(error)}; it is left as it was"

    def _make_tree(self) -> Tree:
        spec, provenance = self._origin.spec, self._origin.provenance
        return Tree(
            spec,
            lambda config: first_key(config, provenance),
            self._pruner(),
            None,
            weights=provenance.weights,
        )

    def _pruner(self) -> Pruner | None:
        rule = self._origin.spec.prune
        if rule is None:
            return None
        passed = 0
        for path in self._sent():
            if path.trial.id == self._trial.id:  # it has come this far before
                passed = path.num_epochs - (path.state is TrialState.PRUNED)
        return ArrivalPruner(rule, lambda: standing(self._trial, self._sent()), passed=passed)

    def _sent(self) -> list[Path]:
        """Return all trials that were sent so far, in the BLEU of this one."""
        scores = (scored(trial, self._outcomes) for trial in self._trials.all())
        return beside([], [trial for trial in scores if trial is not None])

    def _keep(self) -> None:
        self._trials.put(agent_trial(self._name, self._arrived, self.path))


def _trial_of(spec: Spec, provenance: Provenance) -> Trial:
    """Return the one trial of a spec."""
    [params], [seed] = spec.grid(), spec.seeds
    config = spec.config(params, seed)
    weights = weights_by_content(config.weights, provenance.weights)
    return make_trial(0, params, config, weights)
