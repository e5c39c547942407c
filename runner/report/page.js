"use strict";
const figures = JSON.parse(document.getElementById("figures").textContent);
const isDark = matchMedia("(prefers-color-scheme: dark)");
const PRINTED = { width: 690, height: 840 }; // CSS pixels of a page's text, A4 or letter, at most
const CONFIG = {
  responsive: true,
  displaylogo: false,
  modeBarButtonsToRemove: ["select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d"],
};

// Figures take the colours of the page they are on.
function look(layout, isPrinted) {
  const style = getComputedStyle(document.documentElement);
  const [card, text, line] = isPrinted
    ? ["#fff", "#000", "#ccc"]
    : ["--card", "--text", "--line"].map((name) => style.getPropertyValue(name).trim());
  const axis = { gridcolor: line, zerolinecolor: line, linecolor: line, automargin: true };
  const found = {
    margin: { l: 52, r: 16, t: 40, b: 48 },
    ...layout,
    paper_bgcolor: card,
    plot_bgcolor: card,
    font: { ...layout.font, color: text, family: getComputedStyle(document.body).fontFamily },
    hoverlabel: { align: "left", bgcolor: card, bordercolor: line, font: { color: text } },
    template: { layout: { xaxis: axis, yaxis: axis } },
    autosize: true,
  };
  if (!isPrinted) return found;
  const height = Math.min(layout.height, PRINTED.height);
  return { ...found, width: PRINTED.width, height, autosize: false };
}

function draw(isPrinted = false) {
  for (const [name, figure] of Object.entries(figures)) {
    const layout = look(structuredClone(figure.layout), isPrinted);
    Plotly.react(name, figure.data, layout, CONFIG);
  }
}

// A filter is words that a row has, and comparisons such as bleu>50; a row must meet all of them.
const holds = {
  "=": (a, b) => String(a) === b || (typeof a === "number" && a === Number(b)),
  "!=": (a, b) => !holds["="](a, b),
  "<": (a, b) => a !== null && a < Number(b),
  ">": (a, b) => a !== null && a > Number(b),
  "<=": (a, b) => a !== null && a <= Number(b),
  ">=": (a, b) => a !== null && a >= Number(b),
};
const rows = [...document.querySelectorAll("#trials tbody tr")].map((element, place) => ({
  element,
  place,
  trial: Number(element.dataset.trial),
  values: JSON.parse(element.dataset.values),
  words: element.textContent.toLowerCase().split(/\s+/).filter(Boolean),
}));
const filter = document.getElementById("filter");

function meets(row, wanted) {
  const compared = wanted.match(/^([\w.]+)(!=|<=|>=|=|<|>)(.+)$/);
  if (compared && compared[1] in row.values) {
    return holds[compared[2]](row.values[compared[1]], compared[3]);
  }
  return row.words.some((word) => (wanted.startsWith("#") ? word === wanted : word.includes(wanted)));
}

function applyFilter() {
  const wanted = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = new Set();
  for (const row of rows) {
    row.element.hidden = !wanted.every((part) => meets(row, part));
    if (!row.element.hidden) shown.add(row.trial);
  }
  document.getElementById("shown").textContent = `${shown.size} of ${rows.length} shown`;
  if (figures.curves) {
    for (const line of figures.curves.data) line.visible = shown.has(line.meta.trial);
    Plotly.restyle("curves", { visible: figures.curves.data.map((line) => line.visible) });
  }
  remember("filter", filter.value);
}

function remember(name, value) {
  try { sessionStorage.setItem(location.pathname + name, value); } catch { /* not allowed here */ }
}
function remembered(name) {
  try { return sessionStorage.getItem(location.pathname + name); } catch { return null; }
}

// The first click on a number sorts it descending, on text ascending; another click turns it round.
function sortBy(header) {
  const name = header.dataset.name;
  const isText = header.classList.contains("text") || name === "number";
  const before = header.getAttribute("aria-sort");
  const isUp = before ? before === "descending" : isText;
  for (const other of header.parentElement.children) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", isUp ? "ascending" : "descending");
  const value = (row) => (name === "number" ? row.trial : row.values[name]);
  const order = (a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null) return (x === null) - (y === null) || a.place - b.place;
    const way = typeof x === "number" && typeof y === "number"
      ? x - y : String(x).localeCompare(String(y));
    return (isUp ? way : -way) || a.place - b.place;
  };
  const body = document.querySelector("#trials tbody");
  body.append(...[...rows].sort(order).map((row) => row.element));
}

for (const header of document.querySelectorAll("#trials th")) {
  header.firstElementChild.addEventListener("click", () => sortBy(header));
}
filter.addEventListener("input", applyFilter);
filter.value = remembered("filter") ?? "";
isDark.addEventListener("change", () => draw());
addEventListener("beforeprint", () => draw(true));
addEventListener("afterprint", () => draw());
draw();
if (filter.value) applyFilter();
