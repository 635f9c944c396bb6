// What the pages do beyond htmx: times in the reader's own zone, lists on a phone, the dialog.
"use strict";

function localTimes(root) {
  for (const one of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(one.dateTime);
    if (Number.isNaN(moment.valueOf()) || one.title) continue;
    one.title = one.textContent;
    one.textContent = moment.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  }
}

// On a phone a row becomes a card: each cell has its heading beside it, and stays a cell to screen readers.
const ROLES = { table: "table", thead: "rowgroup", tbody: "rowgroup", tr: "row", td: "cell" };

function cards(table) {
  const headings = [...table.tHead.rows[0].cells].map((one) => one.textContent.trim());
  table.classList.add("stacks");
  for (const one of [table, ...table.querySelectorAll("thead, tbody, tr, td, th")]) {
    const heading = one.closest("thead") ? "columnheader" : "rowheader";
    one.setAttribute("role", ROLES[one.localName] ?? heading);
  }
  for (const row of table.tBodies[0].rows)
    for (const cell of row.cells) {
      cell.dataset.label = headings[cell.cellIndex] ?? "";
      cell.classList.toggle("tick", cell.querySelector("input[type=checkbox]") !== null && !cell.textContent.trim());
    }
}

function stack() {
  for (const table of document.querySelectorAll(".scroll > table:not(.fit)"))
    if (table.tHead?.rows[0].cells.length > 2 && table.tBodies.length) cards(table);
}

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = document.querySelector("meta[name=csrf-token]").content;
});

// A partial answer that fills the dialog opens it.
document.addEventListener("htmx:afterSwap", (event) => {
  const target = event.detail.target;
  localTimes(target);
  stack();
  if (target.id === "dialog" && !target.open && target.childElementCount) target.showModal();
  if (target.id === "notices") target.scrollIntoView({ block: "nearest" });
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
});

// Copies what an input shows; where the browser lets no script do that, it is marked and ready for Ctrl+C.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const input = document.getElementById(button.dataset.copy);
  input.select();
  try {
    await navigator.clipboard.writeText(input.value);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Marked";
  }
});

// On a narrow screen the menu starts closed.
function foldMenu() {
  const menu = document.getElementById("menu");
  if (menu) menu.open = window.matchMedia("(min-width: 62rem)").matches;
}

// A live piece that is replaced folds nothing: only a page that comes with its menu does.
document.addEventListener("htmx:load", ({ detail }) => {
  if (detail.elt.querySelector("#menu")) foldMenu();
  localTimes(document);
  stack();
});
document.addEventListener("DOMContentLoaded", () => { foldMenu(); localTimes(document); stack(); });
