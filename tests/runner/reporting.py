"""Pages of simulated sweeps."""

from __future__ import annotations

from typing import Any

from runner.report.content import Content, FinalistLine, Verdict, make_content
from runner.report.contrast import contrasts
from runner.results.confidence import Confidence
from runner.results.importances import importances
from runner.results.table import make_table
from runner.tree.unfold import Tree

# Text that would end a script or open a tag if it were not escaped.
NASTY = """</script><b>"it's" & <img src=x onerror=alert(1)>"""


def content_of(tree: Tree, confidence: Confidence | None = None, **changes: Any) -> Content:
    """Return the content of a sweep's page, with nasty text where a user's text can be."""
    given = {
        "interactions": [NASTY],
        "finals": Verdict(
            finalists=[
                FinalistLine(
                    params={"lr": NASTY},
                    is_baseline=False,
                    validation=[1.0, 2.0],
                    scores=[3.0, 4.0],
                )
            ],
            split="test",
            duels=[NASTY],
            notes=[NASTY],
        ),
        "contrasts": contrasts([NASTY], [f"a {NASTY}"], [NASTY], ["b"], lambda *_: 12.345),
        "digests": {"corpus": NASTY},
        "spec": f"corpus: {NASTY}",
        "commands": {"show it": f"python -m runner show '{NASTY}'"},
        **changes,
    }
    table = make_table(tree)
    return make_content(
        tree, table, confidence, importances(tree.spec.axes, table.swept_rows), **given
    )
