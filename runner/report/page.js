"use strict";
const figures = JSON.parse(document.getElementById("figures").textContent);
const isDark = matchMedia("(prefers-color-scheme: dark)");
const PRINTED = { width: 690, height: 840 }; // CSS pixels of a page's text, A4 or letter, at most
const CONFIG = {
  responsive: true,
  displaylogo: false,
  displayModeBar: matchMedia("(hover: hover)").matches ? "hover" : false,
  modeBarButtonsToRemove: ["select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d"],
};

// Figures take the colours of the page they are on.
function look(layout, isPrinted) {
  const style = getComputedStyle(document.documentElement);
  const [card, text, line] = isPrinted
    ? ["#fff", "#000", "#ccc"]
    : ["--card", "--text", "--line"].map((name) => style.getPropertyValue(name).trim());
  const axis = {
    gridcolor: line, zerolinecolor: line, linecolor: line, automargin: true, title: { standoff: 10 },
  };
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

// What a cell shows, as a number or as text in small letters; null where it is empty.
function valueOf(shown) {
  const text = shown.trim().toLowerCase();
  if (text === "") return null;
  const number = Number(text.replace("−", "-").replace(/^#|≈$| ±.*$/g, ""));
  return Number.isNaN(number) ? text : number;
}

// A filter is words that a row has, and comparisons such as bleu>50; a row must meet all of them.
const holds = {
  "=": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
};
const isOrder = (sign) => sign !== "=" && sign !== "!=";

function meets(row, wanted) {
  const compared = wanted.match(/^([\w.]+)(!=|<=|>=|=|<|>)(.+)$/);
  if (compared && compared[1] in row.values) {
    const [value, other] = [row.values[compared[1]], valueOf(compared[3])];
    const isAlike = typeof value === typeof other;
    return (isAlike || !isOrder(compared[2])) && holds[compared[2]](value, other);
  }
  return row.words.some((word) => (wanted.startsWith("#") ? word === wanted : word.includes(wanted)));
}

function rowsOf(table) {
  const names = [...table.querySelectorAll("th")].map((header) => header.dataset.name);
  return [...table.querySelectorAll("tbody tr")].map((element, place) => {
    const values = {};
    [...element.cells].forEach((cell, column) => {
      if (names[column]) values[names[column]] = valueOf(cell.dataset.value ?? cell.textContent);
    });
    const words = element.textContent.toLowerCase().split(/\s+/).filter(Boolean);
    return { element, place, values, words };
  });
}

// The first click on a number sorts it descending, on text ascending; another click turns it round.
function sortBy(header, rows) {
  const name = header.dataset.name;
  const isText = header.classList.contains("text") || name === "number";
  const before = header.getAttribute("aria-sort");
  const isUp = before ? before === "descending" : isText;
  for (const other of header.parentElement.children) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", isUp ? "ascending" : "descending");
  const order = (a, b) => {
    const [x, y] = [a.values[name], b.values[name]];
    if (x === null || y === null) return (x === null) - (y === null) || a.place - b.place;
    const way = typeof x === "number" && typeof y === "number"
      ? x - y : String(x).localeCompare(String(y));
    return (isUp ? way : -way) || a.place - b.place;
  };
  header.closest("table").tBodies[0].append(...[...rows].sort(order).map((row) => row.element));
}

// Trials that have a curve but no row are shown as long as nothing is filtered.
function showCurves(rows, isAll) {
  if (!figures.curves) return;
  const shown = new Set(rows.map((row) => row.values.number));
  for (const line of figures.curves.data) line.visible = isAll || shown.has(line.meta.trial);
  Plotly.restyle("curves", { visible: figures.curves.data.map((line) => line.visible) });
}

// Lets a table be sorted and filtered; `follow` is given the rows that a filter leaves, and
// whether those are all.
function liven(table, follow) {
  const rows = rowsOf(table);
  const filter = document.getElementById(`${table.id}-filter`);
  const apply = () => {
    const wanted = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) row.element.hidden = !wanted.every((part) => meets(row, part));
    const shown = rows.filter((row) => !row.element.hidden);
    document.getElementById(`${table.id}-shown`).textContent = `${shown.length} of ${rows.length} shown`;
    follow(shown, shown.length === rows.length);
    remember(filter.id, filter.value);
  };
  for (const header of table.querySelectorAll("th[data-name]")) {
    header.firstElementChild.addEventListener("click", () => sortBy(header, rows));
  }
  filter.addEventListener("input", apply);
  filter.value = remembered(filter.id) ?? "";
  apply();
}

function remember(name, value) {
  try { sessionStorage.setItem(location.pathname + name, value); } catch { /* not allowed here */ }
}
function remembered(name) {
  try { return sessionStorage.getItem(location.pathname + name); } catch { return null; }
}

isDark.addEventListener("change", () => draw());
addEventListener("beforeprint", () => draw(true));
addEventListener("afterprint", () => draw());
draw();
liven(document.getElementById("trials"), showCurves);
const cells = document.getElementById("cells");
if (cells) liven(cells, () => {});
