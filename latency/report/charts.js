// Charts: each specification is drawn in the place before it. "data-charts" of the page says when all are.
const tip = document.getElementById("tip");
const config = JSON.parse(document.getElementById("config").textContent);

function showTip(handler, event, item, value) {
  tip.hidden = value == null || value === "";
  if (tip.hidden) return;
  tip.textContent = value;
  const left = Math.min(Math.max(8, event.clientX - tip.offsetWidth / 2), innerWidth - tip.offsetWidth - 8);
  const above = event.clientY - tip.offsetHeight - 14;
  tip.style.left = `${left}px`;
  tip.style.top = `${above > 8 ? above : event.clientY + 18}px`;
}

document.addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });

// The page's policy forbids to evaluate text as code: "ast" has Vega interpret its expressions.
const options = { config, tooltip: showTip, mode: "vega-lite", actions: false, renderer: "svg", ast: true };
const charts = [];
let turn = 0; // of the filters: a newer one overtakes those that still draw

for (const source of document.querySelectorAll("script.spec")) {
  const spec = JSON.parse(source.textContent);
  const { view } = await vegaEmbed(source.previousElementSibling, spec, options);
  charts.push({ view, datasets: spec.datasets, rows: spec.usermeta?.rows, panel: source.parentElement });
}
addEventListener("filtered", thinOut);
if (Object.keys(chosen).length > 0) await thinOut(); // chosen while the charts were drawn
document.documentElement.dataset.charts = "ready";

async function thinOut() {
  const mine = ++turn;
  document.documentElement.dataset.charts = "drawing";
  for (const { view, datasets, rows: sized, panel } of charts) {
    let left = 0;
    for (const [name, rows] of Object.entries(datasets)) {
      const shown = rows.filter(isShown);
      left += shown.length;
      view.data(name, shown);
      if (sized?.dataset === name) view.height(heightOf(shown, sized));
    }
    panel.hidden = left === 0;
    if (!panel.hidden) await view.runAsync();
    if (mine !== turn) return;
  }
  document.documentElement.dataset.charts = "ready";
}

// As Rows.pixels in figure.py.
function heightOf(rows, { step, gap }) {
  const [names, series] = ["name", "series"].map((field) => Math.max(new Set(rows.map((row) => row[field])).size, 1));
  return names * (series * step + gap);
}
