// The filter of the report: by paper, column and status. Without it the page shows every cell.
"use strict";

const form = document.getElementById("filter");
const paper = document.getElementById("by-paper"), column = document.getElementById("by-column");
const cells = [...document.querySelectorAll("[data-status]")];
const groups = [...document.querySelectorAll("[data-group]")];
const pressed = () => [...form.querySelectorAll("[aria-pressed=true]")].map(x => x.dataset.by);

function apply() {
  const statuses = pressed();
  for (const cell of cells) {
    const {column: within, status} = cell.dataset, of = within.split("-")[0];
    cell.classList.toggle("out", Boolean(
      paper.value && of !== paper.value || column.value && within !== column.value
      || statuses.length && !statuses.includes(status)));
  }
  const filtered = Boolean(paper.value || column.value || statuses.length);
  for (const group of groups) {
    const inside = group.querySelectorAll("[data-status]");
    group.classList.toggle("out", filtered && ![...inside].some(
      cell => !cell.classList.contains("out")));
  }
  const lines = cells.filter(cell => cell.matches("tbody.cell"));
  const left = lines.filter(cell => !cell.classList.contains("out")).length;
  document.getElementById("shown").value = filtered
    ? `${left} of ${lines.length} lines` : "";
  measure();
}

// A link to a cell that is filtered out shows it again; what its line has is opened.
function follow() {
  const target = location.hash && document.getElementById(decodeURIComponent(
    location.hash.slice(1)));
  if (!target) return;
  if (target.closest(".out")) form.reset();
  const opens = target.matches("tr.cell") && target.parentNode.querySelector("details");
  if (opens) opens.open = true;
  target.scrollIntoView();
}

// Headings of tables stay below the filter, which stays itself.
function measure() {
  document.documentElement.style.setProperty("--head", `${form.offsetHeight - 1}px`);
}

form.addEventListener("change", event => {
  if (event.target === paper) {            // a column of the other paper would leave nothing
    const of = column.selectedOptions[0].closest("optgroup")?.dataset.paper;
    if (paper.value && of && of !== paper.value) column.value = "";
    for (const group of column.querySelectorAll("optgroup")) {
      group.disabled = Boolean(paper.value) && group.dataset.paper !== paper.value;
    }
  }
  apply();
});
form.addEventListener("click", event => {
  const toggle = event.target.closest("[aria-pressed]");
  if (!toggle) return;
  toggle.setAttribute("aria-pressed", toggle.getAttribute("aria-pressed") !== "true");
  apply();
});
form.addEventListener("reset", () => {
  for (const toggle of form.querySelectorAll("[aria-pressed]")) {
    toggle.setAttribute("aria-pressed", "false");
  }
  for (const group of column.querySelectorAll("optgroup")) group.disabled = false;
  setTimeout(apply);                       // when the fields have their first values again
});
form.addEventListener("submit", event => event.preventDefault());
window.addEventListener("hashchange", follow);
window.addEventListener("resize", measure);
document.documentElement.classList.add("script");
measure();
follow();
