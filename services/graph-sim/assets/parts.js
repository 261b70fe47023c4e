// Small things that all panes use. Text of people goes into the document as text only, never as markup.

export const byId = (id) => document.getElementById(id);

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

/** Text with hashtags and links marked, and *bold* as WhatsApp has it. */
export function rich(text) {
  const pieces = text.split(/(#[\p{L}\p{N}_]+|https?:\/\/[^\s]+|\*[^*\n]+\*)/u);
  return pieces.filter(Boolean).map((piece) => {
    if (piece.startsWith("#") && piece.length > 1) return element("span", { class: "tag" }, piece);
    if (/^https?:\/\//.test(piece)) return element("a", { href: piece, rel: "noopener noreferrer", target: "_blank" }, piece);
    if (/^\*[^*]+\*$/.test(piece)) return element("strong", {}, piece.slice(1, -1));
    return document.createTextNode(piece);
  });
}

export const initials = (name) => name.split(/\s+/).filter(Boolean).slice(0, 2).map((word) => word[0].toUpperCase()).join("");

const COLOURS = ["#4a6fa5", "#6b8f47", "#a5644a", "#7a5aa0", "#3f8f8c", "#9a6a2f"];

export function avatar(person, small) {
  const hash = [...person.name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) >>> 0, 7);
  const style = person.is_page ? null : `background:${COLOURS[hash % COLOURS.length]}`;
  const kind = `avatar${person.is_page ? " page" : ""}${small ? " small" : ""}`;
  return element("span", { class: kind, style, "aria-hidden": "true" }, person.is_page ? "B" : initials(person.name) || "?");
}

const ROME = { timeZone: "Europe/Rome" };
const HOUR = new Intl.DateTimeFormat("it-IT", { ...ROME, hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("it-IT", { ...ROME, day: "numeric", month: "long" });

export const hour = (at) => HOUR.format(new Date(at));
export const day = (at) => DAY.format(new Date(at));

/** «ora», «5 min», «14:05», «3 marzo, 14:05», seen from the simulator's own clock. */
export function ago(at, now) {
  const minutes = (new Date(now) - new Date(at)) / 60000;
  if (minutes < 1) return "ora";
  if (minutes < 60) return `${Math.floor(minutes)} min`;
  return day(at) === day(now) ? hour(at) : `${day(at)}, ${hour(at)}`;
}

/** Returns what the simulator said, or throws with its reason. */
export async function ask(method, path, body) {
  const headers = body === undefined ? {} : { "content-type": "application/json" };
  const answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const said = await answer.text();
  if (answer.ok) return said ? JSON.parse(said) : {};
  let reason = said;
  try { reason = JSON.parse(said).error ?? said; } catch { /* it wasn't JSON */ }
  throw new Error(reason || `errore ${answer.status}`);
}

/** Does it, and shows beside the form why not. */
export async function attempt(said, act) {
  said.textContent = "";
  try {
    await act();
    return true;
  } catch (error) {
    said.textContent = error instanceof TypeError ? "Il simulatore non risponde." : `Non fatto: ${error.message}`;
    return false;
  }
}

/** A field whose value outlives the page. */
export function remembered(field, key, initial, changed) {
  field.value = localStorage.getItem(key) ?? initial;
  field.addEventListener("change", () => {
    if (!field.checkValidity()) return;
    localStorage.setItem(key, field.value);
    changed?.();
  });
}

/** Enter sends, Shift+Enter breaks the line, and the field grows. */
export function talkative(field) {
  const grow = () => { field.style.height = "auto"; field.style.height = `${field.scrollHeight + 2}px`; };
  field.addEventListener("input", grow);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    field.form.requestSubmit();
    requestAnimationFrame(grow);
  });
}

/** After what was in it has been sent. */
export function empty(field) {
  field.value = "";
  field.style.height = "auto";
}

/** Puts `shown` into the log, staying at the end if one was there. */
export function fillLog(log, shown) {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const known = new Map([...log.children].map((child) => [child.dataset.key, child]));
  const first = known.size === 0;
  const kept = shown.map((child) => {
    const old = known.get(child.dataset.key);
    if (child.classList.contains("city") && (old ? old.classList.contains("fresh") : !first)) child.classList.add("fresh");
    return old?.isEqualNode(child) ? old : child;
  });
  if (kept.length === log.children.length && kept.every((child, index) => child === log.children[index])) return;
  // What stays isn't touched: its animation would start again.
  const stays = new Set(kept);
  for (const child of [...log.children]) if (!stays.has(child)) child.remove();
  kept.forEach((child, index) => { if (log.children[index] !== child) log.insertBefore(child, log.children[index] ?? null); });
  if (atEnd || first) log.scrollTop = log.scrollHeight;
}
