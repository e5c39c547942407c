"""The report as a real browser shows it."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from runner.report.page import render
from tests.runner.reporting import NASTY, content_of
from tests.runner.sweeps_for_tests import failure, finished, make_spec, prunes_early, result_of

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "chromium-headless-shell")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason=f"no browser: none of {', '.join(NAMES)} is there"),
]

# What a reader would do, and what is seen after each step.
PROBE = """
<script>
(() => {
  const seen = {};
  const input = document.getElementById("filter");
  const rows = () => [...document.querySelectorAll("#trials tbody tr")];
  const trials = (found) => found.map((row) => Number(row.dataset.trial));
  const wanted = {
    all: "", one: "#3", pruned: "pruned", none: "nonsense",
    compared: "tf_from_epoch=7 tf_decrease<=0.05", "all again": "",
  };
  for (const [name, text] of Object.entries(wanted)) {
    input.value = text;
    input.dispatchEvent(new Event("input"));
    const lines = document.querySelectorAll("#curves .scatterlayer path.js-line").length;
    seen[name] = { trials: trials(rows().filter((row) => !row.hidden)), lines };
  }
  document.querySelector('th[data-name="tf_decrease"] button').click();
  seen.sorted = trials(rows());
  seen.bars = document.querySelectorAll("#tree .barlayer .point").length;
  seen.maps = document.querySelectorAll("#landscape .heatmaplayer .hm").length;
  seen.height = document.getElementById("curves").clientHeight;
  seen.overflow = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  seen.question = document.querySelector(".question").textContent;
  document.body.dataset.seen = JSON.stringify(seen);
})();
</script>
"""


def opened(page: str, folder: Path, *options: str) -> tuple[dict, list[str]]:
    """Return what the probe saw, and what the browser's console said."""
    file = folder / "report.html"
    file.write_text(page.replace("</body>", f"{PROBE}</body>"), encoding="utf-8")
    done = subprocess.run(
        [
            *(
                str(BROWSER),
                "--headless",
                "--no-sandbox",
                "--enable-unsafe-swiftshader",
                "--dump-dom",
            ),
            *("--enable-logging=stderr", "--virtual-time-budget=5000", "--window-size=1100,900"),
            *(f"--user-data-dir={folder / 'profile'}", *options, file.as_uri()),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found = re.search(r'<body data-seen="(.*?)">', done.stdout, re.DOTALL)
    console = [
        line
        for line in done.stderr.splitlines()
        if "CONSOLE" in line and "GL Driver Message" not in line  # how fast its graphics are
    ]
    assert found, f"the probe did not come to its end: {console}"
    return json.loads(html.unescape(found[1])), console


def test_curves_are_drawn_and_the_filter_and_sorting_work(tmp_path: Path) -> None:
    spec = make_spec(question=NASTY, prune=prunes_early())
    tree = finished(spec, result_of)
    seen, console = opened(render(content_of(tree)), tmp_path)
    assert console == []
    everyone = [path.trial.number for path in tree.paths]
    pruned = [path.trial.number for path in tree.paths if path.state == "pruned"]
    assert pruned
    num_panels = 5
    for name, expected in {
        "all": everyone,
        "one": [3],
        "pruned": pruned,
        "none": [],
        "all again": everyone,
        "compared": [
            path.trial.number
            for path in tree.paths
            if path.trial.params["tf_from_epoch"] == 7 and path.trial.params["tf_decrease"] <= 0.05
        ],
    }.items():
        assert sorted(seen[name]["trials"]) == expected
        assert seen[name]["lines"] == num_panels * len(expected)
    decreases = [tree.paths[number].trial.params["tf_decrease"] for number in seen["sorted"]]
    assert decreases == sorted(decreases, reverse=True)
    assert seen["bars"] > len(tree.paths)
    assert seen["maps"] == 1
    assert seen["height"] > 300
    assert seen["overflow"] == 0
    assert seen["question"] == NASTY


def test_many_parameters_and_failures_on_a_dark_page_leave_the_console_silent(
    tmp_path: Path,
) -> None:
    axes = {"tf_from_epoch": (3, 5, 7), "tf_decrease": (0.02, 0.1), "weights": (None, NASTY)}

    def simulate(node):
        is_broken = node.epoch == 3 and node.config.weights is not None
        return failure(NASTY) if is_broken else result_of(node)

    tree = finished(make_spec(axes, num_epochs=5), simulate)
    page = render(content_of(tree), seconds_to_next=600)
    seen, console = opened(page, tmp_path, "--blink-settings=preferredColorScheme=0")
    assert console == []
    assert seen["all"]["lines"] > 0
