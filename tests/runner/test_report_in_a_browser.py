"""The report as a real browser shows it."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from runner.report.content import MOST_ROWS
from runner.report.page import render
from runner.results.cells import make_cells
from runner.results.table import make_table
from tests.runner.reporting import NASTY, content_of
from tests.runner.sweeps_for_tests import (
    confidence_in,
    failure,
    finished,
    make_spec,
    prunes_early,
    result_of,
)

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
  const input = document.getElementById("trials-filter");
  const rows = () => [...document.querySelectorAll("#trials tbody tr")];
  const trials = (found) => found.map((row) => Number(row.dataset.trial));
  const wanted = {
    all: "", one: "#3", pruned: "pruned", none: "nonsense",
    compared: "tf_from_epoch=7 tf_decrease<=0.05", state: "STATE=Pruned",
    text: "weights=Mine.Safetensors", "no text": "weights=none", "all again": "",
  };
  for (const [name, text] of Object.entries(wanted)) {
    input.value = text;
    input.dispatchEvent(new Event("input"));
    const lines = document.querySelectorAll("#curves .scatterlayer path.js-line").length;
    seen[name] = { trials: trials(rows().filter((row) => !row.hidden)), lines };
  }
  const sorted = document.querySelector('#trials th[data-name="tf_decrease"] button');
  sorted?.click();
  seen.sorted = trials(rows());
  const cells = () => [...document.querySelectorAll("#cells tbody tr")]
    .filter((row) => !row.hidden).map((row) => Number(row.cells[0].textContent.slice(1)));
  if (document.getElementById("cells")) {
    document.querySelector('#cells th[data-name="mean"] button').click();
    seen.cells = cells();
    document.querySelector('#cells th[data-name="mean"] button').click();
    seen.turned = cells();
    const wanted = document.getElementById("cells-filter");
    wanted.value = "to_baseline<0 n=2";
    wanted.dispatchEvent(new Event("input"));
    seen.worse = cells();
  }
  seen.bars = document.querySelectorAll("#tree .barlayer .point").length;
  seen.maps = document.querySelectorAll("#landscape .heatmaplayer .hm").length;
  seen.height = document.getElementById("curves").clientHeight;
  seen.overflow = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  seen.question = document.querySelector(".question").textContent;
  const plots = [...document.querySelectorAll(".js-plotly-plot .main-svg")];
  seen.width = innerWidth;
  seen.widest = Math.max(...plots.map((plot) => plot.getBoundingClientRect().right));
  parent.postMessage(JSON.stringify(seen), "*");
})();
</script>
"""
LISTENER = """
<script>
addEventListener("message", (event) => { document.body.dataset.seen = event.data; });
</script>
"""
PHONE = '<iframe src="report.html" style="width: 390px; height: 844px; border: 0"></iframe>'


def opened(page: str, folder: Path, *options: str, frame: str = "") -> tuple[dict, list[str]]:
    """Return what the probe saw, and what the browser's console said.

    A frame is needed for a screen that is narrower than any window of a browser without one.
    """
    file, around = folder / "report.html", folder / "around.html"
    file.write_text(page.replace("</body>", f"{LISTENER}{PROBE}</body>"), encoding="utf-8")
    around.write_text(f"<body>{LISTENER}{frame}</body>", encoding="utf-8")
    shown = around if frame else file
    done = browse(folder, shown, "--dump-dom", "--virtual-time-budget=5000", *options)
    found = re.search(r'<body data-seen="(.*?)">', done.stdout, re.DOTALL)
    console = [
        line
        for line in done.stderr.splitlines()
        if "CONSOLE" in line and "GL Driver Message" not in line  # how fast its graphics are
    ]
    assert found, f"the probe did not come to its end: {console}"
    return json.loads(html.unescape(found[1])), console


def browse(folder: Path, shown: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(str(BROWSER), "--headless", "--no-sandbox", "--enable-unsafe-swiftshader"),
            *("--enable-logging=stderr", "--window-size=1100,900"),
            *(f"--user-data-dir={folder / 'profile'}", *options, shown.as_uri()),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )


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
        "state": pruned,
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


def test_curves_of_trials_that_have_no_row_are_shown_unless_something_is_filtered(
    tmp_path: Path,
) -> None:
    axes = {"lr": [1e-3 * (1 + place) for place in range(MOST_ROWS + 200)]}
    content = content_of(finished(make_spec(axes, num_epochs=2)))
    shown = {line.row.number for line in content.lines}
    assert content.curves is not None
    curves = {line["meta"]["trial"] for line in content.curves["data"]}
    assert curves - shown
    seen, _ = opened(render(content), tmp_path)
    num_panels = 5
    assert seen["all"]["lines"] == seen["all again"]["lines"] == num_panels * len(curves)
    assert seen["none"]["lines"] == 0
    assert seen["one"]["lines"] == num_panels * (3 in curves & shown)


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


def test_on_a_phone_nothing_is_wider_than_the_screen_and_cells_are_sorted_and_filtered(
    tmp_path: Path,
) -> None:
    tree = finished(make_spec(seeds=(1, 2), baseline=True))
    table = make_table(tree)
    confidence = confidence_in(table)
    seen, console = opened(render(content_of(tree, confidence)), tmp_path, frame=PHONE)
    assert console == []
    assert seen["width"] == 390
    assert seen["overflow"] == 0
    assert 300 < seen["widest"] <= 390
    ranked = [cell.first for cell in make_cells(table.rows)]
    assert (seen["cells"], seen["turned"]) == (ranked, ranked[::-1])
    worse = {
        first
        for first, found in confidence.cells_against_baseline.items()
        if found.comparison.difference < 0
    }
    assert worse
    assert set(seen["worse"]) == worse


def test_the_page_can_be_printed(tmp_path: Path) -> None:
    tree = finished(make_spec(prune=prunes_early()))
    file = tmp_path / "report.html"
    file.write_text(render(content_of(tree)), encoding="utf-8")
    printed = tmp_path / "report.pdf"
    browse(tmp_path, file, f"--print-to-pdf={printed}", "--virtual-time-budget=5000")
    pages = re.findall(rb"/Type ?/Page\b", printed.read_bytes())
    assert 3 <= len(pages) <= 12


def test_a_filter_knows_text_as_it_is_shown_whatever_its_letters(tmp_path: Path) -> None:
    tree = finished(make_spec({"weights": (None, "Mine.safetensors")}))
    seen, _ = opened(render(content_of(tree)), tmp_path)
    for name, value in {"text": "Mine.safetensors", "no text": None}.items():
        expected = [
            each.trial.number for each in tree.paths if each.trial.params["weights"] == value
        ]
        assert seen[name]["trials"] == expected
