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

// CSV of a table as it is filtered and sorted: exact values, RFC 4180. What was not measured is empty; small text below a figure has a
// column of its own. A text that a spreadsheet would take for a formula gets an apostrophe.
for (const button of document.querySelectorAll("button.csv")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const table = button.closest("table");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csvOf(table)], { type: "text/csv" }));
    link.download = `${table.caption.firstChild.textContent.trim().toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
  });
}

function csvOf(table) {
  const rows = [...table.tBodies[0].rows].filter((row) => !row.hidden);
  const heads = [...table.tHead.rows[0].cells].map((head) => head.textContent.trim());
  const noted = heads.map((_, index) => rows.some((row) => row.cells[index].querySelector("small")));
  const line = (cells) => cells.map(field).join(",") + "\r\n";
  const titles = heads.flatMap((head, index) => (noted[index] ? [head, `${head}: note`] : [head]));
  const lines = rows.map((row) => line([...row.cells].flatMap((cell, index) => fieldsOf(cell, noted[index]))));
  return line(titles) + lines.join("");
}

function fieldsOf(cell, noted) {
  const own = cell.classList.contains("none") ? "" : cell.dataset.value ?? safe(cell.firstChild.textContent.trim());
  return noted ? [own, safe(cell.querySelector("small")?.textContent ?? "")] : [own];
}

function safe(text) {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

function field(text) {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});

// Open all details for printing.
addEventListener("beforeprint", () => document.querySelectorAll("main details").forEach((part) => { part.open = true; }));
