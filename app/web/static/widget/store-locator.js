// <store-locator api-key="…">: all dealers of a shop as a list and, where the shop has a Mapbox token, on a map.
// With a part-number it is <nearby-stock> with a map.

import { NearbyStock, make } from "./nearby-stock.js";

const PAGE = 50;
const TILES = "https://api.mapbox.com/styles/v1/mapbox/streets-v12/tiles/512/{z}/{x}/{y}@2x?access_token={token}";
const ATTRIBUTION =
  '© <a href="https://www.mapbox.com/about/maps/">Mapbox</a> © <a href="https://www.openstreetmap.org/copyright">OpenStreetMap</a>';

const MAP_TEXTS = {
  en: { map: "Map of dealers", onMap: "Show on map", zoomIn: "Zoom in", zoomOut: "Zoom out" },
  sv: { map: "Karta över återförsäljare", onMap: "Visa på kartan", zoomIn: "Zooma in", zoomOut: "Zooma ut" },
  fi: { map: "Jälleenmyyjät kartalla", onMap: "Näytä kartalla", zoomIn: "Lähennä", zoomOut: "Loitonna" },
  de: { map: "Karte der Händler", onMap: "Auf der Karte zeigen", zoomIn: "Vergrößern", zoomOut: "Verkleinern" },
};

const LIST_TEXTS = {
  en: {
    title: "Find a dealer",
    filter: "Name or town",
    searching: "Loading dealers…",
    one: "{0} dealer",
    other: "{0} dealers",
    none: "No dealer matches. Try another name or town.",
    refused: "Your browser did not share your location. Type the name of your town instead.",
    nowhere: "Your location could not be found. Type the name of your town instead.",
    down: "The dealers cannot be loaded at the moment. Check your connection, or try again shortly.",
    closed: "The dealers cannot be shown on this page at the moment. Please contact the shop.",
    more: "Show more",
  },
  sv: {
    title: "Hitta en återförsäljare",
    filter: "Namn eller ort",
    searching: "Hämtar återförsäljare…",
    one: "{0} återförsäljare",
    other: "{0} återförsäljare",
    none: "Ingen återförsäljare matchar. Prova ett annat namn eller en annan ort.",
    refused: "Webbläsaren delade inte din plats. Skriv namnet på din ort i stället.",
    nowhere: "Det gick inte att hitta din plats. Skriv namnet på din ort i stället.",
    down: "Återförsäljarna kan inte hämtas just nu. Kontrollera din anslutning eller försök igen om en stund.",
    closed: "Återförsäljarna kan inte visas på den här sidan just nu. Kontakta butiken.",
    more: "Visa fler",
  },
  fi: {
    title: "Etsi jälleenmyyjä",
    filter: "Nimi tai paikkakunta",
    searching: "Haetaan jälleenmyyjiä…",
    one: "{0} jälleenmyyjä",
    other: "{0} jälleenmyyjää",
    none: "Hakua vastaavaa jälleenmyyjää ei löytynyt. Kokeile toista nimeä tai paikkakuntaa.",
    refused: "Selain ei kertonut sijaintiasi. Kirjoita sen sijaan paikkakuntasi nimi.",
    nowhere: "Sijaintiasi ei löytynyt. Kirjoita sen sijaan paikkakuntasi nimi.",
    down: "Jälleenmyyjiä ei voi juuri nyt hakea. Tarkista verkkoyhteytesi tai yritä hetken kuluttua uudelleen.",
    closed: "Jälleenmyyjiä ei voi juuri nyt näyttää tällä sivulla. Ota yhteyttä kauppaan.",
    more: "Näytä lisää",
  },
  de: {
    title: "Händler finden",
    filter: "Name oder Ort",
    searching: "Händler werden geladen…",
    one: "{0} Händler",
    other: "{0} Händler",
    none: "Kein passender Händler gefunden. Versuchen Sie es mit einem anderen Namen oder Ort.",
    refused: "Ihr Browser hat Ihren Standort nicht freigegeben. Geben Sie stattdessen den Namen Ihres Ortes ein.",
    nowhere: "Ihr Standort konnte nicht ermittelt werden. Geben Sie stattdessen den Namen Ihres Ortes ein.",
    down: "Die Händler können gerade nicht geladen werden. Prüfen Sie Ihre Verbindung oder versuchen Sie es gleich noch einmal.",
    closed: "Die Händler können auf dieser Seite gerade nicht angezeigt werden. Bitte wenden Sie sich an den Shop.",
    more: "Mehr anzeigen",
  },
};

const styles = new CSSStyleSheet();
styles.replaceSync(`
.map { height: 22em; margin-top: 1em; border: 1px solid var(--_line); border-radius: var(--_radius); isolation: isolate;
  color-scheme: light /* as its tiles are */ }
.map.leaflet-container { font: inherit; font-size: .875em }
.map .leaflet-control-attribution { color: #333 }
.map .leaflet-control-attribution a { color: #0b5394; text-decoration: underline }
.map .leaflet-popup-content-wrapper, .map .leaflet-popup-tip { background: var(--_surface); color: var(--_text) }
.map .leaflet-popup-content p { margin: 0 }
.map .contact a { color: var(--_accent) }
.pin { fill: var(--_accent); fill-opacity: 1; stroke: #fff; stroke-width: 2 }
.pin.low { fill: #b45f06 }
.pin.out { fill: #6b7280 }
.link { min-height: 1.75em; padding: 0; border: 0; background: none; color: var(--_accent); font-weight: inherit; border-radius: 2px;
  text-decoration: underline; text-underline-offset: .2em }
.more { display: block; margin: 1.25em auto 0 }
.filter { display: block }
`);

const leafletStyles = new CSSStyleSheet();
let loading;

async function load() {
  const [{ default: leaflet }, css] = await Promise.all([
    import("./leaflet/leaflet.js"),
    fetch(new URL("./leaflet/leaflet.css", import.meta.url)).then((answer) => answer.text()),
  ]);
  leafletStyles.replaceSync(css);
  return leaflet;
}

export class StoreLocator extends NearbyStock {
  connectedCallback() {
    super.connectedCallback();
    this._startMap();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this._stopMap();
  }

  attributeChangedCallback(name, before, after) {
    if (name === "part-number" && this._state && !before !== !after) {
      this._all = null;
      this._state = {};
      this._build();
    }
    super.attributeChangedCallback(name, before, after);
    if (["api-key", "api-url"].includes(name) && this._state && this.isConnected) this._startMap();
  }

  // Without a part it lists who sells, not who has.
  get _plain() {
    return !this.getAttribute("part-number")?.trim();
  }

  _ready() {
    return this._plain || super._ready();
  }

  _words() {
    super._words();
    const own = this._plain ? LIST_TEXTS[this._language] : {};
    this._texts = { ...this._texts, ...MAP_TEXTS[this._language], ...own };
  }

  _controls() {
    this._mapBox ??= make("div", { class: "map", part: "map", role: "region", hidden: "" });
    this._mapBox.setAttribute("aria-label", this._say("map"));
    if (!this._plain) return [...super._controls(), this._mapBox];
    const filter = make("input", { part: "input", type: "search", name: "filter", autocomplete: "address-level2" });
    filter.value = this._filter?.value ?? "";
    filter.addEventListener("input", () => this._all && this._show({ rows: this._all, at: this._state.at }));
    const locate = make("button", { class: "locate", part: "button locate", type: "button" }, this._say("locate"));
    locate.addEventListener("click", () => this._locate(locate));
    this._filter = this._asked = filter;
    this._code = this._country = null;
    const controls = [make("label", { class: "filter" }, this._say("filter"), filter), this._mapBox];
    if (navigator.geolocation && isSecureContext) controls.splice(1, 0, locate);
    return controls;
  }

  _ask(signal, cache) {
    return this._plain ? this._get("dealers", signal, cache) : super._ask(signal, cache);
  }

  // --- the list ---

  _show(state) {
    const all = state.all ?? state.rows ?? this._all;
    if (this._plain) this._all = all;
    super._show(this._plain && state.rows ? { ...state, all, rows: this._matching(all) } : state);
    const rows = this._state.rows ?? (this._plain && state.problem && all ? this._matching(all) : []);
    if (!this._state.rows) this._fill(rows);
    this._pin(rows);
  }

  _matching(rows) {
    const words = this._filter.value.toLocaleLowerCase().split(/\s+/);
    const found = rows.filter((row) => {
      const text = [row.name, row.address, row.postalCode, row.city].join(" ").toLocaleLowerCase();
      return words.every((word) => text.includes(word));
    });
    return this._place ? nearest(found, this._place, this.getAttribute("unit") === "mi") : found;
  }

  _fill(rows) {
    super._fill(rows.slice(0, PAGE));
    if (rows.length <= PAGE) return;
    const more = make("button", { class: "more", part: "button more", type: "button" }, this._say("more"));
    let shown = PAGE;
    more.addEventListener("click", () => {
      const next = rows.slice(shown, (shown += PAGE)).map((row) => this._row(row));
      const first = next[0].querySelector("a, button") ?? this._list;
      more.parentElement.before(...next);
      if (shown >= rows.length) {
        more.parentElement.remove();
        first.focus();
      }
    });
    this._list.append(make("li", {}, more));
  }

  _contact(row) {
    const contact = super._contact(row);
    if (this._map && row.lat != null && row.lng != null) {
      const show = make("button", { class: "link", part: "on-map", type: "button" }, this._say("onMap"));
      show.addEventListener("click", () => this._point(this._pins.get(keyOf(row))));
      contact.append(show);
    }
    return contact;
  }

  // --- the map ---

  // Whatever of it fails, the list stands without it.
  async _startMap() {
    const box = this._mapBox;
    try {
      const { mapboxToken } = await this._get("config", AbortSignal.timeout(15_000), "default");
      if (!mapboxToken) return;
      const leaflet = await (loading ??= load());
      if (box === this._mapBox && !this._map) this._draw(leaflet, mapboxToken);
    } catch {
      loading = undefined;
    }
  }

  _stopMap() {
    this._resized?.disconnect();
    this._map?.remove();
    this._map = this._mapBox = this._drawn = this._framed = null;
  }

  _draw(leaflet, token) {
    const own = this.shadowRoot.adoptedStyleSheets;
    if (!own.includes(styles)) own.push(leafletStyles, styles);
    this._mapBox.hidden = false;
    this._leaflet = leaflet;
    this._pins = new Map();
    // The wheel is left to the page, which the shopper means to scroll.
    const moving = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    const motion = { fadeAnimation: moving, zoomAnimation: moving, markerZoomAnimation: moving };
    const map = leaflet.map(this._mapBox, { scrollWheelZoom: false, zoomControl: false, ...motion });
    const titles = { zoomInTitle: this._say("zoomIn"), zoomOutTitle: this._say("zoomOut") };
    leaflet.control.zoom(titles).addTo(map);
    map.attributionControl.setPrefix(false);
    const options = { token, tileSize: 512, zoomOffset: -1, minZoom: 1, maxZoom: 19, attribution: ATTRIBUTION };
    new (tilesOf(leaflet))(TILES, options).addTo(map.setView([55, 15], 3));
    this._layer = leaflet.featureGroup().addTo(map);
    this._map = map;
    this._resized = new ResizeObserver(() => map.invalidateSize());
    this._resized.observe(this._mapBox);
    this._show(this._state);
  }

  _pin(rows) {
    const drawn = JSON.stringify(rows);
    if (!this._map || drawn === this._drawn) return;
    this._drawn = drawn;
    this._layer.clearLayers();
    this._pins.clear();
    for (const row of rows) {
      if (row.lat == null || row.lng == null) continue;
      const level = ["low", "out"].includes(row.stockLevel) ? row.stockLevel : "";
      const pin = this._leaflet.circleMarker([row.lat, row.lng], { radius: 9, className: `pin ${level}` });
      pin.bindPopup(() => this._card(row));
      this._pins.set(keyOf(row), pin.addTo(this._layer));
    }
    // A refresh leaves the map where the shopper has moved it.
    const places = [...this._pins.keys()].join();
    if (places && places !== this._framed) this._map.fitBounds(this._layer.getBounds().pad(0.2), { maxZoom: 12 });
    this._framed = places;
  }

  _point(pin) {
    this._mapBox.scrollIntoView({ block: "nearest" });
    this._map.setView(pin.getLatLng(), Math.max(this._map.getZoom(), 11), { animate: false });
    pin.openPopup();
  }

  _card(row) {
    return make("div", {}, make("p", { class: "name" }, row.name), make("p", {}, this._address(row)), super._contact(row));
  }
}

const keyOf = (row) => [row.name, row.lat, row.lng].join("|");

// Leaflet gives up a tile by a data: picture in its place, which a strict policy refuses; no source does as well.
function tilesOf({ GridLayer, TileLayer }) {
  return TileLayer.extend({
    _removeTile(key) {
      this._tiles[key]?.el.removeAttribute("src");
      return GridLayer.prototype._removeTile.call(this, key);
    },
    _abortLoading() {},
  });
}

function nearest(rows, from, inMiles) {
  const near = rows
    .filter((row) => row.lat != null && row.lng != null)
    .map((row) => ({ ...row, [inMiles ? "distanceMi" : "distanceKm"]: haversineKm(from, row) / (inMiles ? 1.609344 : 1) }));
  const away = (row) => row.distanceKm ?? row.distanceMi;
  return near.sort((one, other) => away(one) - away(other));
}

function haversineKm(from, to) {
  const radians = (degrees) => (degrees * Math.PI) / 180;
  const half = (one, other) => Math.sin(radians(one - other) / 2) ** 2;
  const part = Math.cos(radians(from.lat)) * Math.cos(radians(to.lat)) * half(from.lng, to.lng);
  return 2 * 6371.0088 * Math.asin(Math.sqrt(half(from.lat, to.lat) + part));
}

if (!customElements.get("store-locator")) customElements.define("store-locator", StoreLocator);
