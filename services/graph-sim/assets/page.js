// Holds the panes together: asks for the state when the simulator says that something changed, and shows it.

import { ask, attempt, byId, element } from "./parts.js";
import * as clock from "./clock.js";
import * as messenger from "./messenger.js";
import * as phone from "./phone.js";
import * as wall from "./wall.js";

/** At most one question in so many milliseconds, however much happens. */
const PACE = 150;

/** Where, what it shows, and what is put into the composer. */
const HINTS = [
  ["Facebook", "Un post con la foto", () => wall.compose("In via Italia, davanti al civico 12, c'è una buca profonda: ieri una signora è caduta. #segnalaloaBiella", "buca")],
  ["Facebook", "Una domanda", () => wall.compose("A che ora apre l'anagrafe il sabato? #SegnalaloABiella")],
  ["WhatsApp", "Un lampione spento", () => write("Buongiorno, il lampione all'incrocio tra via Torino e via Rosselli è spento da una settimana")],
  ["WhatsApp", "Un pericolo: deve arrivare subito il 112", () => write("Aiuto, sento un forte odore di gas nel palazzo di via Pietro Micca 4!")],
  ["WhatsApp", "A che punto è la mia pratica?", () => write("A che punto è la segnalazione 2026/0000001?")],
  ["WhatsApp", "Dopo la chiusura: non è risolto", () => write("Non è risolto, il problema c'è ancora")],
  ["Messenger", "Un messaggio privato", () => { openTab("messenger"); messenger.compose("Buonasera, i cassonetti di via Ivrea sono strapieni"); }],
];

const LEVERS = [
  ["Accetta, ma la risposta si perde", () => fault("reset_after")],
  ["Errore temporaneo di Meta", () => fault({ error: { code: 2, message: "(#2) Service temporarily unavailable" } })],
  ["Tutto tarda di 5 secondi", () => fault({ delay_ms: 5000 })],
  ["Notifiche doppie", () => fault({ duplicate_webhooks: 1 })],
  ["Token scaduto", () => ask("POST", "/_sim/token", { state: "expired" })],
  ["Rimetti tutto a posto", async () => { await ask("DELETE", "/_sim/faults"); await ask("POST", "/_sim/token", { state: "ok" }); }],
];

const fault = (named) => ask("POST", "/_sim/faults", { match: { from: "city" }, fault: named });

function write(text) {
  openTab("whatsapp");
  phone.compose(text);
}

/** Of the right pane; on a small screen it is the whole view. */
function openTab(name) {
  for (const tab of ["whatsapp", "messenger"]) {
    const chosen = tab === name;
    byId(tab).hidden = !chosen;
    byId(`tab-${tab}`).setAttribute("aria-selected", chosen);
    byId(`tab-${tab}`).tabIndex = chosen ? 0 : -1;
  }
  if (document.body.dataset.view !== "wall" || innerWidth <= 820) view(name);
  for (const log of byId(name).querySelectorAll(".log")) log.scrollTop = log.scrollHeight;
  listen();
}

function view(name) {
  document.body.dataset.view = name;
  for (const button of document.querySelectorAll("[data-view-to]")) button.setAttribute("aria-pressed", button.dataset.viewTo === name);
}

function startTabs() {
  for (const tab of ["whatsapp", "messenger"]) {
    byId(`tab-${tab}`).addEventListener("click", () => openTab(tab));
    byId(`tab-${tab}`).addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const other = tab === "whatsapp" ? "messenger" : "whatsapp";
      openTab(other);
      byId(`tab-${other}`).focus();
    });
  }
  for (const button of document.querySelectorAll("[data-view-to]")) {
    button.addEventListener("click", () => {
      const name = button.dataset.viewTo;
      view(name);
      if (name === "whatsapp" || name === "messenger") openTab(name);
    });
  }
}

function startSide() {
  const fill = (act, where) => () => { if (where === "Facebook") view("wall"); act(); };
  byId("hints").append(...HINTS.map(([where, what, act]) => element("li", {},
    element("button", { type: "button", onclick: fill(act, where) }, element("span", { class: "where" }, where), what))));
  const said = byId("lever-said");
  byId("levers").append(...LEVERS.map(([what, act]) => element("button", {
    type: "button",
    onclick: async () => { if (await attempt(said, act)) said.textContent = `Fatto: ${what.toLowerCase()}.`; },
  }, what)));
}

let source;
let heard = "";
let asking = false;
let again = false;

/** One stream, in the name of whose chat is open, so that the city's messages are read as they come. */
function listen() {
  const query = new URLSearchParams();
  if (!byId("whatsapp").hidden) query.set("phone", phone.phone());
  else if (messenger.person()) query.set("person", messenger.person());
  if (source && heard === `${query}`) return;
  heard = `${query}`;
  source?.close();
  source = new EventSource(`/_sim/stream?${query}`);
  source.addEventListener("changed", refresh);
  source.addEventListener("open", () => { chip("live", "in diretta", "ok"); refresh(); });
  source.addEventListener("error", () => chip("live", "scollegato", "warn"));
}

async function refresh() {
  again = true;
  if (asking) return;
  asking = true;
  while (again) {
    again = false;
    try {
      show(await ask("GET", "/_sim/state"));
    } catch {
      chip("live", "scollegato", "warn");
    }
    await new Promise((resolve) => setTimeout(resolve, PACE));
  }
  asking = false;
}

function show(state) {
  for (const place of document.querySelectorAll("[data-page-name]")) place.textContent = state.page.name;
  wall.show(state);
  clock.show(state);
  phone.show(state);
  messenger.show(state);
  byId("accepted").textContent = state.ledger.accepted;
  byId("refused").textContent = state.ledger.refused;
  byId("delivered").textContent = state.webhooks.delivered;
  const waiting = state.webhooks.pending + state.webhooks.held;
  byId("waiting").hidden = waiting === 0;
  if (waiting) chip("waiting", waiting === 1 ? "1 notifica in attesa" : `${waiting} notifiche in attesa`, "warn");
  listen();
}

function chip(id, text, kind) {
  byId(id).textContent = text;
  byId(id).className = `chip ${kind}`;
}

wall.start();
clock.start(refresh);
phone.start(() => { listen(); refresh(); });
messenger.start(() => { listen(); refresh(); });
startTabs();
startSide();
listen();
// The relative times grow old by themselves.
setInterval(refresh, 30_000);
