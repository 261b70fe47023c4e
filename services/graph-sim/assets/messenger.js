// Messenger: one thread, of whoever writes.

import { ask, attempt, byId, element, empty, fillLog, hour, remembered, rich, talkative } from "./parts.js";

const NAME = byId("thread-name");
const SAID = byId("thread-said");

let threads = [];

/** The page-scoped id of who writes, once he is known. */
export const person = () => threads.find((thread) => thread.name === NAME.value.trim())?.person;

export function start(changed) {
  remembered(NAME, "thread-name", "Giulia Ramella", changed);
  byId("thread-owner").addEventListener("submit", (event) => event.preventDefault());
  const field = byId("thread-text");
  talkative(field);
  byId("thread-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (text && (await attempt(SAID, () => ask("POST", "/_sim/messenger/messages", { author: NAME.value, text })))) empty(field);
  });
}

/** Fills the composer, for the hints. */
export function compose(text) {
  byId("thread-text").value = text;
  byId("thread-text").focus();
}

export function show(state) {
  threads = state.threads;
  const thread = threads.find((thread) => thread.name === NAME.value.trim());
  const shown = (thread?.messages ?? []).map((message) => element("div", { class: `msg ${message.from}`, "data-key": message.id },
    element("span", { class: "hidden" }, message.from === "citizen" ? "Tu: " : "Comune: "),
    message.media ? element("img", { src: message.media, alt: "Foto inviata" }) : null,
    rich(message.text), element("span", { class: "foot" }, hour(message.at))));
  if (shown.length === 0) {
    shown.push(element("div", { class: "none", "data-key": "none" }, "Un messaggio privato alla pagina: la risposta arriva qui."));
  }
  fillLog(byId("thread"), shown);
}
