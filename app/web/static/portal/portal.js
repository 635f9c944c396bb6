// What the pages do beyond htmx: times in the reader's own zone, the dialog, selections over pages.
"use strict";

function localTimes(root) {
  for (const one of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(one.dateTime);
    if (Number.isNaN(moment.valueOf()) || one.title) continue;
    one.title = one.textContent;
    one.textContent = moment.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  }
}

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = document.querySelector("meta[name=csrf-token]").content;
});

// A partial answer that fills the dialog opens it.
document.addEventListener("htmx:afterSwap", (event) => {
  const target = event.detail.target;
  localTimes(target);
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
});
document.addEventListener("DOMContentLoaded", () => { foldMenu(); localTimes(document); });
