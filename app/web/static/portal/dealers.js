// The dealers' map: points lead to their dealers; with a Mapbox token streets come under them.

const TILES = "https://api.mapbox.com/styles/v1/mapbox/streets-v12/tiles/512/{z}/{x}/{y}?access_token={token}";
const ATTRIBUTION = "© Mapbox © OpenStreetMap";

function popup(pin) {
  const card = document.createElement("p");
  const link = document.createElement("a");
  link.href = pin.dataset.href;
  link.textContent = pin.dataset.name;
  card.append(link, document.createElement("br"), pin.dataset.place);
  return card;
}

// Whatever of it fails, the points that the server drew stand.
async function streets(figure) {
  const { default: leaflet } = await import("/widget/leaflet/leaflet.js");
  const drawn = figure.querySelector("svg");
  const box = document.createElement("div");
  box.className = "streets";
  drawn.setAttribute("hidden", "");
  drawn.after(box);
  const map = leaflet.map(box, { scrollWheelZoom: false, fadeAnimation: false, zoomAnimation: false });
  map.attributionControl.setPrefix(false);
  const tiles = leaflet.tileLayer(TILES, {
    token: figure.dataset.token, tileSize: 512, zoomOffset: -1, minZoom: 1, maxZoom: 19, attribution: ATTRIBUTION,
    referrerPolicy: "strict-origin-when-cross-origin",
  });
  tiles.once("tileerror", () => {
    map.remove();
    box.remove();
    drawn.removeAttribute("hidden");
  });
  const pins = leaflet.featureGroup([...drawn.querySelectorAll("circle")].map((pin) =>
    leaflet.circleMarker([Number(pin.dataset.lat), Number(pin.dataset.lng)], { radius: 8 }).bindPopup(() => popup(pin))));
  map.fitBounds(pins.getBounds().pad(0.2), { maxZoom: 12, animate: false });
  tiles.addTo(map);
  pins.addTo(map);
}

function ready() {
  for (const figure of document.querySelectorAll(".dealer-map:not([data-ready])")) {
    figure.dataset.ready = "";
    if (figure.dataset.token) streets(figure);
  }
}

document.addEventListener("click", (event) => {
  const pin = event.target.closest?.(".dealer-map circle[data-href]");
  if (pin && pin.dataset.href !== location.pathname) location.assign(pin.dataset.href);
});
document.addEventListener("htmx:load", ready);
ready();
