// The grid's selection: on the page, kept from page to page of one filter, or all that match.
"use strict";

{
  const boxes = () => [...document.querySelectorAll("input[name=part][type=checkbox]")];

  const form = () => document.getElementById("selection");
  const place = () => "stockline selection " + form().dataset.of;
  const kept = () => new Set(JSON.parse(sessionStorage.getItem(place()) || "[]"));

  function keep(chosen) {
    sessionStorage.setItem(place(), JSON.stringify([...chosen]));
  }

  // What was ticked on other pages goes along as hidden fields.
  function carry(chosen) {
    const here = new Set(boxes().map((box) => box.value));
    for (const one of form().querySelectorAll("input.carried")) one.remove();
    for (const value of chosen) {
      if (here.has(value)) continue;
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name: "part", value, className: "carried" });
      form().append(field);
    }
  }

  function tell() {
    const every = document.getElementById("every");
    if (!form() || !every) return;
    const chosen = kept(), total = document.querySelector("#count [data-count]");
    carry(chosen);
    document.getElementById("of-all").textContent = total ? Number(total.dataset.count).toLocaleString("en") : "";
    document.getElementById("chosen").textContent =
      every.checked ? "All that match are selected" : chosen.size ? `${chosen.size.toLocaleString("en")} selected` : "None selected";
    document.getElementById("clear").hidden = !chosen.size && !every.checked;
    const ticked = boxes().filter((box) => box.checked).length, page = document.getElementById("page");
    page.checked = ticked > 0 && ticked === boxes().length;
    page.indeterminate = ticked > 0 && !page.checked;
  }

  function restore() {
    if (!form()) return;
    const chosen = kept();
    for (const box of boxes()) box.checked = chosen.has(box.value);
    tell();
  }

  document.addEventListener("change", (event) => {
    const target = event.target;
    if (target.id === "page") for (const box of boxes()) box.checked = target.checked;
    if (target.id === "page" || (target.name === "part" && target.type === "checkbox")) {
      const chosen = kept();
      for (const box of boxes()) box.checked ? chosen.add(box.value) : chosen.delete(box.value);
      keep(chosen);
      tell();
    }
    if (target.id === "every") tell();
  });

  document.addEventListener("click", (event) => {
    if (event.target.id !== "clear") return;
    keep([]);
    document.getElementById("every").checked = false;
    restore();
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id === "count") tell();
  });
  document.addEventListener("htmx:load", (event) => {
    if (event.target === document.body || event.target.querySelector?.("#selection")) restore();
  });
  // A closed dialog asks no more.
  document.addEventListener("close", (event) => { if (event.target.id === "dialog") event.target.replaceChildren(); }, true);
  restore();
}
