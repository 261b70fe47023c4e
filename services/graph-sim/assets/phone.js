// The WhatsApp phone: one chat, of whoever the phone belongs to.

import { ask, attempt, byId, day, element, empty, fillLog, hour, remembered, rich, talkative } from "./parts.js";

const NAME = byId("phone-name");
const NUMBER = byId("phone-number");
const SAID = byId("chat-said");

/** Label and what is sent. */
const ATTACHMENTS = [
  ["Foto della buca", { image: "buca", caption: "" }],
  ["Foto del lampione", { image: "lampione", caption: "" }],
  ["Foto dei rifiuti", { image: "rifiuti", caption: "" }],
  ["Posizione: piazza Duomo", { location: { latitude: 45.5661, longitude: 8.0541, name: "Piazza Duomo", address: "13900 Biella BI" } }],
  ["Posizione: dove sono ora", { location: { latitude: 45.5717, longitude: 8.0736 } }],
  ["Messaggio vocale", { audio: "voce" }],
  ["Documento PDF", { document: "modulo" }],
  ["Qualcosa che il Comune non può leggere", { unsupported: "poll" }],
];

const ICONS = {
  location: "M12 21s7-6.3 7-11.5A7 7 0 0 0 5 9.5C5 14.7 12 21 12 21zM12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  audio: "M12 15a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v6a3 3 0 0 0 3 3zM6 11a6 6 0 0 0 12 0M12 17v4",
  document: "M7 3h7l4 4v14H7zM14 3v4h4",
  unsupported: "M12 8v5M12 16.5v.5M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
};
const WORDS = { location: "Posizione", audio: "Messaggio vocale", document: "Documento", unsupported: "Messaggio non leggibile" };

export const phone = () => NUMBER.value.replace(/\D/g, "");

export function start(changed) {
  remembered(NAME, "phone-name", "Marco Ferraris", changed);
  remembered(NUMBER, "phone-number", "+39 347 000 0101", changed);
  byId("phone-owner").addEventListener("submit", (event) => event.preventDefault());
  const field = byId("chat-text");
  talkative(field);
  byId("chat-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (text && (await send({ text }))) empty(field);
  });
  startAttachments(field);
}

function startAttachments(field) {
  const menu = byId("chat-form").querySelector(".attach");
  const sendWith = async (content) => {
    menu.open = false;
    const filled = "caption" in content ? { ...content, caption: field.value.trim() } : content;
    if ((await send(filled)) && "caption" in content) empty(field);
  };
  const own = element("button", { type: "button", onclick: () => byId("chat-file").click() }, "Una tua foto…");
  byId("attach-menu").append(
    ...ATTACHMENTS.map(([label, content]) => element("button", { type: "button", onclick: () => sendWith(content) }, label)), own);
  byId("chat-file").addEventListener("change", ({ target }) => {
    const [file] = target.files;
    if (!file) return;
    const reader = new FileReader();
    reader.addEventListener("load", () => sendWith({ image: reader.result, caption: "" }));
    reader.readAsDataURL(file);
    target.value = "";
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") menu.open = false; });
  document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
}

/** Fills the composer, for the hints. */
export function compose(text) {
  byId("chat-text").value = text;
  byId("chat-text").dispatchEvent(new Event("input"));
  byId("chat-text").focus();
}

const send = (content) => attempt(SAID, () => ask("POST", "/_sim/whatsapp/messages", { from: phone(), name: NAME.value, ...content }));

export function show(state) {
  byId("city-number").textContent = `+${state.number.slice(0, 2)} ${state.number.slice(2, 5)} ${state.number.slice(5)}`;
  const chat = state.chats.find((chat) => chat.phone === phone());
  const shown = [];
  let today = "";
  for (const message of chat?.messages ?? []) {
    if (day(message.at) !== today) shown.push(element("div", { class: "day", "data-key": `day ${(today = day(message.at))}` }, today));
    shown.push(bubble(message));
  }
  if (shown.length === 0) {
    shown.push(element("div", { class: "none", "data-key": "none" }, "Scrivi all'URP come faresti dal tuo telefono: le risposte arrivano qui."));
  }
  fillLog(byId("chat"), shown);
}

function bubble(message) {
  const foot = element("span", { class: "foot" }, message.from === "citizen" ? ticks(message.status) : "", hour(message.at));
  return element("div", { class: `msg ${message.from}`, "data-key": message.id },
    element("span", { class: "hidden" }, message.from === "citizen" ? "Tu: " : "Comune: "),
    message.kind === "image" && message.media ? element("img", { src: message.media, alt: "Foto inviata" }) : null,
    WORDS[message.kind] ? what(message) : null,
    rich(message.text ?? ""), foot);
}

function what(message) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[message.kind]);
  svg.append(path);
  const place = message.place ? ` ${message.place.map((n) => n.toFixed(4)).join(", ")}` : "";
  return element("div", { class: "what" }, svg, WORDS[message.kind] + place);
}

function ticks(status) {
  const words = { sent: "inviato", delivered: "consegnato", read: "letto dal Comune" };
  const shape = status === "sent" ? "✓" : "✓✓";
  return element("span", { class: `tick ${status}`, title: words[status], "aria-label": words[status], role: "img" }, shape);
}
