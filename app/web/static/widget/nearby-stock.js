// <nearby-stock part-number="…" api-key="…">: shows a shopper which dealers near them have a part in stock.
// store-locator.js builds on what is exported here; how to embed both is told in docs/widget.md.

const REFRESH_MS = 60_000;
const STALE_MS = 5 * 60_000; // what was last known may stand this long while the service cannot be asked
const PATIENCE_MS = 15_000;
const LEVELS = ["in-stock", "low", "out"];
const COUNTRIES =
  "AT BE BG CH CY CZ DE DK EE ES FI FR GB HR HU IE IS IT LT LU LV MT NL NO PL PT RO SE SI SK".split(" ");

export const TEXTS = {
  en: {
    title: "Check stock near you",
    locate: "Use my location",
    postalCode: "Postal code",
    country: "Country",
    choose: "Choose a country",
    search: "Search",
    searching: "Looking for dealers near you…",
    one: "{0} dealer near you stocks this part",
    other: "{0} dealers near you stock this part",
    none: "No dealer near you has this part in stock right now. Try another place, or look again later.",
    variant: "Choose a variant to see who has it in stock.",
    refused:
      "Your browser did not share your location. Enter your postal code instead, or allow location access and try again.",
    nowhere: "Your location could not be found. Enter your postal code instead.",
    unknown: "We do not know the postal code {0} ({1}). Check the code and the country, then search again.",
    busy: "Many people are searching right now. Wait {0}, then try again.",
    down: "Stock cannot be loaded at the moment. Check your connection, or try again shortly.",
    closed: "Stock cannot be shown on this page at the moment. Please contact the shop.",
    retry: "Try again",
    "in-stock": "In stock",
    low: "Few left",
    out: "Out of stock",
    count: "{0} in stock",
    away: "{0} away",
    about: "about {0} away",
    open: "Open now",
    shut: "Closed now",
    confirmed: "Stock confirmed {0}",
    now: "just now",
  },
  sv: {
    title: "Se lager nära dig",
    locate: "Använd min plats",
    postalCode: "Postnummer",
    country: "Land",
    choose: "Välj land",
    search: "Sök",
    searching: "Söker återförsäljare nära dig…",
    one: "{0} återförsäljare nära dig har delen i lager",
    other: "{0} återförsäljare nära dig har delen i lager",
    none: "Ingen återförsäljare nära dig har delen i lager just nu. Prova en annan plats eller titta in igen senare.",
    variant: "Välj en variant för att se vem som har den i lager.",
    refused:
      "Webbläsaren delade inte din plats. Ange ditt postnummer i stället, eller tillåt platsåtkomst och försök igen.",
    nowhere: "Det gick inte att hitta din plats. Ange ditt postnummer i stället.",
    unknown: "Vi känner inte till postnumret {0} ({1}). Kontrollera postnumret och landet och sök igen.",
    busy: "Många söker just nu. Vänta {0} och försök igen.",
    down: "Lagerstatus kan inte hämtas just nu. Kontrollera din anslutning eller försök igen om en stund.",
    closed: "Lagerstatus kan inte visas på den här sidan just nu. Kontakta butiken.",
    retry: "Försök igen",
    "in-stock": "I lager",
    low: "Få kvar",
    out: "Slut i lager",
    count: "{0} i lager",
    away: "{0} bort",
    about: "cirka {0} bort",
    open: "Öppet nu",
    shut: "Stängt nu",
    confirmed: "Lagret bekräftat {0}",
    now: "alldeles nyss",
  },
  fi: {
    title: "Saatavuus lähelläsi",
    locate: "Käytä sijaintiani",
    postalCode: "Postinumero",
    country: "Maa",
    choose: "Valitse maa",
    search: "Hae",
    searching: "Haetaan jälleenmyyjiä läheltäsi…",
    one: "Osaa on varastossa {0} jälleenmyyjällä lähelläsi",
    other: "Osaa on varastossa {0} jälleenmyyjällä lähelläsi",
    none: "Osaa ei ole juuri nyt varastossa yhdelläkään lähialueen jälleenmyyjällä. Kokeile toista paikkaa tai katso myöhemmin uudelleen.",
    variant: "Valitse vaihtoehto, niin näet, kenellä sitä on varastossa.",
    refused:
      "Selain ei kertonut sijaintiasi. Anna sen sijaan postinumerosi tai salli sijainnin käyttö ja yritä uudelleen.",
    nowhere: "Sijaintiasi ei löytynyt. Anna sen sijaan postinumerosi.",
    unknown: "Emme tunne postinumeroa {0} ({1}). Tarkista postinumero ja maa ja hae uudelleen.",
    busy: "Hakuja on juuri nyt paljon. Odota {0} ja yritä sitten uudelleen.",
    down: "Saatavuutta ei voi juuri nyt hakea. Tarkista verkkoyhteytesi tai yritä hetken kuluttua uudelleen.",
    closed: "Saatavuutta ei voi juuri nyt näyttää tällä sivulla. Ota yhteyttä kauppaan.",
    retry: "Yritä uudelleen",
    "in-stock": "Varastossa",
    low: "Vähän jäljellä",
    out: "Loppu varastosta",
    count: "{0} kpl varastossa",
    away: "Etäisyys {0}",
    about: "Etäisyys noin {0}",
    open: "Nyt avoinna",
    shut: "Nyt suljettu",
    confirmed: "Varastotilanne vahvistettu {0}",
    now: "juuri äsken",
  },
  de: {
    title: "Verfügbarkeit in Ihrer Nähe",
    locate: "Meinen Standort verwenden",
    postalCode: "Postleitzahl",
    country: "Land",
    choose: "Land wählen",
    search: "Suchen",
    searching: "Händler in Ihrer Nähe werden gesucht…",
    one: "{0} Händler in Ihrer Nähe hat dieses Teil auf Lager",
    other: "{0} Händler in Ihrer Nähe haben dieses Teil auf Lager",
    none: "Zurzeit hat kein Händler in Ihrer Nähe dieses Teil auf Lager. Versuchen Sie es mit einem anderen Ort oder schauen Sie später noch einmal vorbei.",
    variant: "Wählen Sie eine Variante, um zu sehen, wer sie auf Lager hat.",
    refused:
      "Ihr Browser hat Ihren Standort nicht freigegeben. Geben Sie stattdessen Ihre Postleitzahl ein, oder erlauben Sie den Standortzugriff und versuchen Sie es erneut.",
    nowhere: "Ihr Standort konnte nicht ermittelt werden. Geben Sie stattdessen Ihre Postleitzahl ein.",
    unknown:
      "Die Postleitzahl {0} ({1}) ist uns nicht bekannt. Prüfen Sie Postleitzahl und Land und suchen Sie erneut.",
    busy: "Zurzeit gibt es sehr viele Anfragen. Warten Sie {0} und versuchen Sie es dann erneut.",
    down: "Die Verfügbarkeit kann gerade nicht geladen werden. Prüfen Sie Ihre Verbindung oder versuchen Sie es gleich noch einmal.",
    closed: "Die Verfügbarkeit kann auf dieser Seite gerade nicht angezeigt werden. Bitte wenden Sie sich an den Shop.",
    retry: "Erneut versuchen",
    "in-stock": "Auf Lager",
    low: "Nur noch wenige",
    out: "Nicht auf Lager",
    count: "{0} auf Lager",
    away: "{0} entfernt",
    about: "etwa {0} entfernt",
    open: "Jetzt geöffnet",
    shut: "Derzeit geschlossen",
    confirmed: "Bestand {0} bestätigt",
    now: "gerade eben",
  },
};

// em and not rem: some themes set the root's font size to 10 px.
const styles = new CSSStyleSheet();
styles.replaceSync(`
:host {
  --_surface: var(--nearby-stock-surface, light-dark(#fff, #17191d));
  --_text: var(--nearby-stock-text, light-dark(#1b1f24, #e9ebee));
  --_muted: var(--nearby-stock-muted, light-dark(#596370, #a5aeb9));
  --_line: var(--nearby-stock-line, light-dark(#e2e5e9, #33393f));
  --_edge: var(--nearby-stock-edge, light-dark(#868e99, #747e89));
  --_accent: var(--nearby-stock-accent, light-dark(#1b5cb8, #8fb8f6));
  --_on-accent: var(--nearby-stock-on-accent, light-dark(#fff, #0c1c33));
  --_radius: var(--nearby-stock-radius, .5em);
  color-scheme: light dark;
  display: block;
  padding: 1.25em;
  border: 1px solid var(--_line);
  border-radius: calc(var(--_radius) * 1.5);
  background: var(--_surface);
  color: var(--_text);
  line-height: 1.5;
  text-align: start;
}
:host([theme=light]) { color-scheme: light }
:host([theme=dark]) { color-scheme: dark }
:host([hidden]), [hidden] { display: none !important }
* { box-sizing: border-box }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px }
.title { margin: 0 0 .8em; font-size: 1.15em; font-weight: 600; line-height: 1.3 }
form { display: flex; flex-wrap: wrap; gap: .75em; align-items: end }
label { flex: 99 1 7em; min-width: 0; color: var(--_muted); font-size: .875em }
input, select, button { min-height: 2.75em; padding: 0 .8em; border: 1px solid var(--_edge); border-radius: var(--_radius);
  background: var(--_surface); color: var(--_text); font: inherit }
input, select { display: block; width: 100%; margin-top: .25em; font-size: 1.143em }
select { padding-inline: calc(.8em - 4px) }
[aria-invalid] { border-color: light-dark(#b3261e, #f2a29b) }
button { cursor: pointer; font-weight: 500 }
button:hover { border-color: var(--_accent) }
.primary { flex: 1 0 auto; border-color: var(--_accent); background: var(--_accent); color: var(--_on-accent) }
.primary:hover { filter: brightness(1.1) }
.locate { display: inline-flex; align-items: center; gap: .5em; margin-top: .5em; padding: 0; border-color: transparent;
  background: none; color: var(--_accent); text-align: start }
.locate:hover { border-color: transparent; text-decoration: underline; text-underline-offset: .2em }
.locate::before { content: ""; flex: none; width: .9em; height: .9em; border: 2px solid; border-radius: 50%;
  background: radial-gradient(currentColor 35%, transparent 45%) }
.status { margin: .5em 0 0; color: var(--_muted) }
.status:empty { margin: 0 }
.problem { color: var(--_text) }
.busy::before { content: ""; display: inline-block; width: .8em; height: .8em; margin-inline-end: .5em; vertical-align: -.1em; border: 2px solid var(--_line);
  border-top-color: var(--_accent); border-radius: 50%; animation: turn 1s linear infinite }
@keyframes turn { to { rotate: 1turn } }
@media (prefers-reduced-motion: reduce) { .busy::before { animation: none } }
.retry { margin-top: .75em }
ul { margin: 1em 0 -1em; padding: 0; list-style: none }
li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .15em 1em; padding: 1em 0; border-top: 1px solid var(--_line) }
li > * { grid-column: 1 / -1; margin: 0; overflow-wrap: anywhere }
li > .name { grid-column: 1 }
li > .badge { grid-column: 2 }
.name { font-weight: 600 }
.badge { align-self: start; padding: .1em .7em; border-radius: 1em; font-size: .875em; font-weight: 500 }
.in-stock { background: light-dark(#e1f3e6, #14351f); color: light-dark(#145a2b, #9ee2b4) }
.low { background: light-dark(#fdf0d3, #3b2c0c); color: light-dark(#744200, #f5d085) }
.out { background: light-dark(#eceef1, #2a2f35); color: light-dark(#4b5563, #b9c1cb) }
.reach::first-letter { text-transform: uppercase }
.muted, .small { color: var(--_muted) }
.small { font-size: .875em }
.contact a { display: inline-block; margin-inline-end: 1em; padding: .1em 0; color: var(--_accent); text-underline-offset: .2em }
.contact [part=phone] { white-space: nowrap }
`);

// Attributes and text nodes only: what a dealer is called can never become markup.
export function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children.filter((child) => child != null));
  return node;
}

// Pages and browsers also say "fi_FI" and "en-US@posix", which Intl throws at.
const isLocale = (tag) => /^[a-z]{2,3}(-[a-z\d]{2,8})*$/i.test(tag);

class Refusal extends Error {
  constructor(status, { code } = {}, retryAfterS = 0) {
    super(code);
    Object.assign(this, { status, code, retryAfterS });
  }
}

// A browser may hold this file and store-locator.js an hour apart: what is exported, and the names that begin with
// one underscore, are only added to.
export class NearbyStock extends HTMLElement {
  static observedAttributes =
    "part-number api-key api-url limit unit country lang radius-km open-now heading-level".split(" ");

  connectedCallback() {
    if (!this.shadowRoot) this.attachShadow({ mode: "open" }).adoptedStyleSheets = [styles];
    this._state ??= {};
    this._build();
    document.addEventListener("visibilitychange", (this._onVisible = () => this._refresh()));
    if (this._ready()) this._load();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this._onVisible);
    this._begin();
  }

  attributeChangedCallback(name, before, after) {
    if (!this.isConnected || !this.shadowRoot || before === after) return;
    if (["lang", "country", "heading-level", "unit"].includes(name)) this._build();
    if (this._ready() && name !== "lang") this._load();
  }

  // --- words ---

  _words() {
    const language = (tag) => tag.split("-")[0].toLowerCase();
    const wanted = [this.lang, ...navigator.languages].filter(isLocale);
    this._lang = wanted.find((tag) => language(tag) in TEXTS) ?? "en";
    this._language = language(this._lang);
    this._texts = TEXTS[this._language];
  }

  _say(key, ...values) {
    return this._texts[key].replace(/\{(\d)\}/g, (_, index) => values[index]);
  }

  _number(value, options) {
    return new Intl.NumberFormat(this._lang, options).format(value);
  }

  _countryName(code) {
    return /^[A-Z]{2}$/.test(code) ? new Intl.DisplayNames(this._lang, { type: "region" }).of(code) : code;
  }

  // --- the form ---

  _build() {
    this._words();
    const level = Number(this.getAttribute("heading-level")) || 2;
    this._heading = { role: "heading", "aria-level": level + 1 };
    this._status = make("p", { class: "status", part: "status", role: "status", id: "status" });
    this._retry = make("button", { class: "retry", part: "button retry", type: "button" }, this._say("retry"));
    this._retry.addEventListener("click", () => this._again());
    this._list = make("ul", { part: "list", role: "list", tabindex: "-1", "aria-labelledby": "title" });
    this.shadowRoot.replaceChildren(
      make(
        "section",
        { part: "body", lang: this._lang, "aria-labelledby": "title" },
        make("p", { class: "title", part: "heading", id: "title", role: "heading", "aria-level": level }, this._say("title")),
        ...this._controls(),
        this._status,
        this._retry,
        this._list,
      ),
    );
    this._show(this._state);
  }

  _controls() {
    const before = this._code?.value ?? "";
    this._code = make("input", {
      part: "input",
      name: "postalCode",
      autocomplete: "postal-code",
      autocapitalize: "characters",
      enterkeyhint: "search",
      maxlength: 12,
      pattern: ".*\\S.*",
      required: "",
    });
    this._code.value = before;
    this._country = this._countries();
    const search = make("button", { class: "primary", part: "button search" }, this._say("search"));
    const form = make(
      "form",
      { part: "form" },
      make("label", {}, this._say("postalCode"), this._code),
      make("label", {}, this._say("country"), this._country),
      search,
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this._search(search, { postalCode: this._code.value.trim(), country: this._country.value });
    });
    const locate = make("button", { class: "locate", part: "button locate", type: "button" }, this._say("locate"));
    locate.addEventListener("click", () => this._locate(locate));
    this._asked = search;
    return navigator.geolocation && isSecureContext ? [form, locate] : [form];
  }

  _countries() {
    const regions = navigator.languages.filter(isLocale).concat(this._lang).map((tag) => new Intl.Locale(tag).maximize().region);
    const given = this.getAttribute("country")?.toUpperCase();
    const codes = !given || COUNTRIES.includes(given) ? COUNTRIES : [...COUNTRIES, given];
    const chosen = this._country?.value || given || regions.find((region) => codes.includes(region));
    const names = codes.map((code) => [this._countryName(code), code]);
    names.sort(([one], [other]) => one.localeCompare(other, this._lang));
    const select = make("select", { part: "input", name: "country", autocomplete: "country", required: "" });
    if (!chosen) names.unshift([this._say("choose"), ""]);
    for (const [name, code] of names) select.append(new Option(name, code, false, code === chosen));
    return select;
  }

  // --- asking ---

  _ready() {
    return Boolean(this._place);
  }

  _search(asked, place) {
    this._asked = asked;
    this._place = place;
    this._load();
  }

  _locate(asked) {
    const turn = this._begin();
    this._asked = asked;
    this._place = null;
    this._show({ text: "searching" });
    navigator.geolocation.getCurrentPosition(
      // Three decimals, about 100 m, are enough for a distance, and no more is told.
      ({ coords }) =>
        turn === this._turn &&
        this._search(asked, { lat: coords.latitude.toFixed(3), lng: coords.longitude.toFixed(3) }),
      ({ code }) => turn === this._turn && this._show({ problem: code === 1 ? "refused" : "nowhere" }),
      { timeout: 10_000, maximumAge: 300_000 },
    );
  }

  _again() {
    this._asked.focus();
    if (this._ready()) this._load();
    else this._asked.click();
  }

  // Whatever was under way is over; the answer of an older turn is never shown.
  _begin() {
    clearTimeout(this._timer);
    this._turn?.abort();
    return (this._turn = new AbortController());
  }

  _refresh() {
    if (document.visibilityState === "visible" && this._ready() && this._state.text !== "searching") this._load(true);
  }

  async _load(refreshing = false) {
    const turn = this._begin();
    if (!refreshing) this._show({ text: "searching" });
    const impatience = setTimeout(() => turn.abort(), PATIENCE_MS);
    let pauseMs = REFRESH_MS;
    try {
      const rows = await this._ask(turn.signal, refreshing ? "no-cache" : "default");
      if (turn === this._turn) this._show(rows ? { rows, at: Date.now() } : { text: "variant" });
    } catch (error) {
      if (turn !== this._turn) return;
      pauseMs = Math.max(pauseMs, (error.retryAfterS ?? 0) * 1000);
      this._fail(error);
    } finally {
      clearTimeout(impatience);
    }
    if (turn === this._turn) this._timer = setTimeout(() => this._refresh(), pauseMs);
  }

  _fail({ status, code, retryAfterS }) {
    const passing = !status || status === 429 || status >= 500;
    if (passing && Date.now() - this._state.at < STALE_MS) return;
    const { postalCode, country } = this._place ?? {};
    if (code === "unknown_postal_code") {
      this._place = null;
      this._show({ problem: "unknown", values: [postalCode, this._countryName(country)] });
    } else if (status === 429) {
      const wait = { style: "unit", unit: "second", unitDisplay: "long" };
      this._show({ problem: "busy", values: [this._number(retryAfterS || 10, wait)] });
    } else {
      this._show({ problem: passing ? "down" : "closed" });
    }
    const detail = { status, code };
    this.dispatchEvent(new CustomEvent("nearby-stock-error", { detail, bubbles: true, composed: true }));
  }

  // The rows to show, or nothing while the page has no part number.
  _ask(signal, cache) {
    const partNumber = this.getAttribute("part-number")?.trim();
    if (!partNumber) return;
    const query = { partNumber, ...this._place };
    const asked = { limit: "limit", unit: "unit", "radius-km": "radiusKm" };
    for (const [name, parameter] of Object.entries(asked)) {
      if (this.getAttribute(name)) query[parameter] = this.getAttribute(name);
    }
    if (this.hasAttribute("open-now")) query.openNow = true;
    return this._get("dealers/stock", signal, cache, query);
  }

  async _get(path, signal, cache, query = {}) {
    const base = this.getAttribute("api-url") || new URL(import.meta.url).origin;
    const response = await fetch(`${base.replace(/\/+$/, "")}/api/t/${path}?${new URLSearchParams(query)}`, {
      // What no header can carry is no key, and the server says so.
      headers: { "X-API-Key": (this.getAttribute("api-key") ?? "").replace(/[^\x21-\x7e]/g, "") },
      credentials: "omit",
      signal,
      cache,
    });
    if (response.ok) return response.json();
    const told = await response.json().catch(() => undefined);
    throw new Refusal(response.status, told, Number(response.headers.get("Retry-After")));
  }

  // --- showing ---

  _show(state) {
    this._state = state;
    const { rows, problem, text, values = [] } = state;
    const key = rows ? (rows.length ? new Intl.PluralRules(this._lang).select(rows.length) : "none") : problem ?? text;
    const words = !key ? "" : this._say(key, ...(rows ? [this._number(rows.length)] : values));
    // Unchanged words are left alone, so that a refresh is not read out.
    if (this._status.textContent !== words) this._status.textContent = words;
    this._status.classList.toggle("busy", text === "searching");
    this._status.classList.toggle("problem", Boolean(problem) || key === "none");
    const mayRetry = Boolean(problem || (key === "none" && this._place));
    if (!mayRetry && this.shadowRoot.activeElement === this._retry) this._asked.focus();
    this._retry.hidden = !mayRetry;
    this._mark(problem === "unknown");
    this._fill(rows ?? []);
  }

  _mark(wrong) {
    for (const [name, value] of Object.entries({ "aria-invalid": "true", "aria-describedby": "status" })) {
      if (wrong) this._code.setAttribute(name, value);
      else this._code?.removeAttribute(name);
    }
  }

  // The list anew; who stood on a dealer's link stands there still, if that dealer does.
  _fill(rows) {
    const held = this.shadowRoot.activeElement;
    const holder = held?.closest("li")?.dataset.dealer;
    this._list.hidden = !rows.length;
    this._list.replaceChildren(...rows.map((row) => this._row(row)));
    if (holder == null) return;
    const again = [...this._list.children].find((item) => item.dataset.dealer === holder);
    const target = again?.querySelector(`[part~="${held.part[0]}"]`) ?? (rows.length ? this._list : this._asked);
    target.focus({ preventScroll: true });
  }

  _row(row) {
    return make(
      "li",
      { part: "dealer", "data-dealer": [row.name, row.address, row.postalCode].join("|") },
      make("p", { class: "name", part: "name", ...this._heading }, row.name),
      this._badge(row),
      this._reach(row),
      make("p", { class: "muted", part: "address" }, this._address(row)),
      this._contact(row),
      this._confirmed(row),
    );
  }

  _badge({ stockLevel, precision, stock }) {
    if (!LEVELS.includes(stockLevel)) return;
    const counted = precision === "EXACT" && stock > 0;
    const words = counted ? this._say("count", this._number(stock)) : this._say(stockLevel);
    return make("p", { class: `badge ${stockLevel}`, part: `badge ${stockLevel}` }, words);
  }

  _address({ address, postalCode, city, country }) {
    const abroad = country && country !== this._country?.value;
    const town = [postalCode?.replaceAll(" ", "\u00a0"), city].filter(Boolean).join(" ");
    return [address, town, abroad && this._countryName(country)].filter(Boolean).join(", ");
  }

  _reach(row) {
    const away = make("span", { part: "distance" }, this._distance(row));
    if (row.openNow == null) return make("p", { class: "reach" }, away);
    const hours = make("span", { part: "hours" }, this._say(row.openNow ? "open" : "shut"));
    return make("p", { class: "reach" }, away, away.textContent && " · ", hours);
  }

  _distance({ distanceKm, distanceMi, approximate }) {
    const exact = Math.max(distanceKm ?? distanceMi, 0.1);
    if (Number.isNaN(exact)) return "";
    // A distance that starts from the middle of a town is not known to the decimal.
    const value = approximate ? Math.max(Math.round(exact), 1) : exact;
    const unit = distanceKm == null ? "mile" : "kilometer";
    const told = this._number(value, { style: "unit", unit, maximumFractionDigits: value < 100 ? 1 : 0 });
    return this._say(approximate ? "about" : "away", told);
  }

  _contact({ phone, website }) {
    const contact = make("p", { class: "contact", part: "contact" });
    const number = phone?.replace("(0)", "").replace(/[^\d+]/g, ""); // as in +46 (0)70, where it is not dialled
    if (number) contact.append(make("a", { part: "phone", href: `tel:${number}` }, phone));
    const url = URL.canParse(website) && new URL(website);
    if (/^https?:$/.test(url.protocol)) {
      const name = url.hostname.replace(/^www\./, "");
      contact.append(make("a", { part: "website", href: url.href, target: "_blank", rel: "noopener" }, name));
    }
    return contact;
  }

  _confirmed({ asOf }) {
    const minutes = Math.floor((Date.now() - Date.parse(asOf)) / 60_000);
    if (Number.isNaN(minutes)) return;
    const relative = new Intl.RelativeTimeFormat(this._lang, { numeric: "auto" });
    const [value, unit] =
      minutes < 60 ? [minutes, "minute"] : minutes < 1440 ? [minutes / 60, "hour"] : [minutes / 1440, "day"];
    const when = minutes < 1 ? this._say("now") : relative.format(-Math.floor(value), unit);
    return make("p", { class: "small muted", part: "confirmed" }, this._say("confirmed", when));
  }
}

if (!customElements.get("nearby-stock")) customElements.define("nearby-stock", NearbyStock);
