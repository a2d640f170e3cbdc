"use strict";

// Sorting: a click on a header sorts by the exact values, a second click reverses; cells that were not measured stay last.
for (const table of document.querySelectorAll("table")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, index) => {
    head.querySelector("button").addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((other) => other.setAttribute("aria-sort", "none"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const body = table.tBodies[0];
      const rows = [...body.rows].map((row) => ({ row, key: keyOf(row.cells[index]) }));
      rows.sort((a, b) => compare(a.key, b.key, up ? 1 : -1));
      body.append(...rows.map(({ row }) => row));
    });
  });
}

function keyOf(cell) {
  if (cell.classList.contains("none")) return null;
  const { value } = cell.dataset;
  return value === undefined ? cell.textContent.trim() : Number(value.replace("inf", "Infinity"));
}

function compare(a, b, sign) {
  if (a === null || b === null) return (a === null) - (b === null);
  if (typeof a === "number" && typeof b === "number") return sign * (a === b ? 0 : a < b ? -1 : 1);
  return sign * String(a).localeCompare(String(b), "en", { numeric: true });
}

// Tooltip of the chart mark under the pointer or with the focus.
const tip = document.getElementById("tip");
const show = (event) => {
  const mark = event.target.closest?.("[data-tip]");
  tip.hidden = !mark;
  if (!mark) return;
  tip.textContent = mark.dataset.tip;
  const box = mark.getBoundingClientRect();
  const left = Math.min(Math.max(8, box.x + box.width / 2 - tip.offsetWidth / 2), innerWidth - tip.offsetWidth - 8);
  const above = box.y - tip.offsetHeight - 8;
  tip.style.left = `${left}px`;
  tip.style.top = `${above > 8 ? above : box.bottom + 8}px`;
};
document.addEventListener("pointerover", show);
document.addEventListener("focusin", show);
document.addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });

document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});

// Open all details for printing.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
