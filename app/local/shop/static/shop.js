// The variant that the visitor chooses is what the widget looks up: its attribute is all that a shop has to set.
const widget = document.querySelector("nearby-stock");
const part = document.getElementById("part");

function choose(number) {
  widget.setAttribute("part-number", number);
  part.value = number;
  const query = "?" + new URLSearchParams({ part: number });
  history.replaceState(null, "", query);
  for (const link of document.querySelectorAll("[hreflang]")) link.search = query;
}

for (const radio of document.querySelectorAll("input[name=variant]")) {
  radio.addEventListener("change", () => choose(radio.value));
}
// A browser that comes back to the page may have kept another choice than the server's.
const kept = document.querySelector("input[name=variant]:checked");
if (kept && kept.value !== widget.getAttribute("part-number")) choose(kept.value);
