// The lever of the demo's clock: all processes follow it, and it goes forward only.

import { ask, attempt, byId, element } from "./parts.js";

const STEPS = [["+1 ora", "1h"], ["+1 giorno", "1d"], ["+1 settimana", "1w"]];

const WHEN = new Intl.DateTimeFormat("it-IT", {
  timeZone: "Europe/Rome", weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit",
});

/** As the input for a date and a time has it, in Biella. */
const LOCAL = new Intl.DateTimeFormat("sv-SE", {
  timeZone: "Europe/Rome", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
});

const local = (at) => LOCAL.format(new Date(at)).replace(" ", "T");

const REASONS = [
  [/forward only/, "l'orologio va solo avanti: quel momento è già passato."],
  [/beyond the year/, "così lontano l'orologio non va."],
  [/no demo's clock/, "qui non c'è un orologio di prova: il tempo non si sposta."],
];

/** What the simulator said, in the words of this page. */
async function pull(order) {
  try {
    return await ask("POST", "/_sim/clock", order);
  } catch (error) {
    const known = REASONS.find(([said]) => said.test(error.message));
    throw known ? new Error(known[1]) : error;
  }
}

export function start(refresh) {
  const said = byId("clock-said");
  const move = async (order) => {
    if (await attempt(said, () => pull(order))) { said.textContent = "Fatto."; refresh(); }
  };
  byId("clock-levers").append(...STEPS.map(([what, by]) => element("button", { type: "button", onclick: () => move({ advance: by }) }, what)));
  byId("clock-form").addEventListener("submit", (event) => {
    event.preventDefault();
    move({ to: byId("clock-to").value });
  });
}

export function show(state) {
  byId("clock-card").hidden = !state.clock_moves;
  byId("clock-now").textContent = WHEN.format(new Date(state.now));
  byId("clock-now").dateTime = state.now;
  byId("clock-to").min = local(state.now);
}
