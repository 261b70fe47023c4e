// The Facebook wall: posts, comments, and writing both as a citizen or as the page's people.

import { ago, ask, attempt, avatar, byId, element, empty, remembered, rich, talkative } from "./parts.js";

const AUTHOR = byId("author");
const SAID = byId("post-said");
const SECONDS_FRESH = 20;

/** Post id -> what is drawn of it, so that what one is writing survives news. */
const drawn = new Map();
/** Ids of the city's comments that have lit up. */
const noticed = new Set();
/** What stands in the composer: one writes before it. */
const START = " #segnalaloaBiella";

export function start() {
  remembered(AUTHOR, "author", "Giulia Ramella");
  const field = byId("post-text");
  field.value = START;
  for (const kind of ["focus", "click"]) field.addEventListener(kind, () => { if (field.value === START) field.setSelectionRange(0, 0); });
  byId("post-form").addEventListener("submit", (event) => {
    event.preventDefault();
    publish();
  });
}

/** Fills the composer, for the hints. */
export function compose(text, photo = "") {
  byId("post-text").value = text;
  byId("post-photo").value = photo;
  byId("post-text").focus();
}

async function publish() {
  const field = byId("post-text");
  const text = field.value.trim();
  const photo = byId("post-photo").value || undefined;
  const sent = await attempt(SAID, () => byId("as-page").checked
    ? ask("POST", "/_sim/facebook/page-posts", { text, photo })
    : ask("POST", "/_sim/facebook/posts", { author: AUTHOR.value, text, photo }));
  if (!sent) return;
  field.value = byId("as-page").checked ? "" : START;
  byId("post-photo").value = "";
}

/** Of people whom the simulator only knows from the city's answers. */
const someone = (author) => author.name || "Qualcuno che non ha scritto da qui";

export function show(state) {
  byId("no-posts").hidden = state.wall.length > 0;
  const focused = document.activeElement;
  const shown = state.wall.map((post) => update(post, state.now));
  const list = byId("posts");
  const order = [...list.children];
  if (shown.length !== order.length || shown.some((article, index) => article !== order[index])) list.replaceChildren(...shown);
  if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
}

function update(post, now) {
  let kept = drawn.get(post.id);
  if (!kept) {
    kept = { article: element("article", { class: "card post", "aria-label": `Post di ${someone(post.author)}` }), form: answerForm(post), text: "" };
    drawn.set(post.id, kept);
  }
  const text = JSON.stringify(post) + ago(post.at, now);
  if (kept.text === text) return kept.article;
  kept.text = text;
  const focused = kept.form.contains(document.activeElement) ? document.activeElement : null;
  kept.article.replaceChildren(...parts(post, kept.form, now));
  kept.article.classList.toggle("ghost", post.hidden);
  focused?.focus({ preventScroll: true });
  return kept.article;
}

function parts(post, form, now) {
  const count = post.comments.reduce((sum, comment) => sum + 1 + comment.replies.length, 0);
  const meta = [ago(post.at, now), post.edited ? "modificato" : "", post.hidden ? "nascosto" : ""].filter(Boolean).join(" · ");
  return [
    element("header", {}, avatar(post.author),
      element("div", {}, element("strong", {}, someone(post.author)), post.author.is_page ? badge() : null, element("div", { class: "meta" }, meta))),
    post.text ? element("div", { class: "text" }, rich(post.text)) : null,
    post.photo ? element("img", { class: "photo", src: post.photo, alt: "Foto allegata al post", loading: "lazy" }) : null,
    element("div", { class: "under" },
      like(post),
      element("button", { type: "button", class: "link", onclick: () => aim(form, null) }, "Commenta"),
      post.author.is_page ? null : menu(post),
      element("span", { class: "count" }, count === 0 ? "" : count === 1 ? "1 commento" : `${count} commenti`)),
    element("div", { class: "comments" }, post.comments.map((comment) => commentPart(comment, form, now))),
    form,
  ].filter(Boolean);
}

const badge = () => element("span", { class: "badge" }, "Pagina");

function commentPart(comment, form, now, inside = false) {
  const fresh = comment.author.is_page && !noticed.has(comment.id) && new Date(now) - new Date(comment.at) < SECONDS_FRESH * 1000;
  noticed.add(comment.id);
  const foot = [
    element("span", {}, ago(comment.at, now)),
    inside ? null : element("button", { type: "button", class: "link", onclick: () => aim(form, comment) }, "Rispondi"),
    like(comment),
    comment.author.is_page ? null : menu(comment),
    comment.edited ? element("span", {}, "modificato") : null,
    comment.hidden ? element("span", {}, "nascosto") : null,
  ];
  const bubble = element("div", { class: fresh ? "bubble fresh" : "bubble" },
    element("div", { class: "name" }, someone(comment.author), comment.author.is_page ? badge() : ""),
    comment.text ? element("div", { class: "text" }, rich(comment.text)) : null,
    comment.photo ? element("img", { class: "photo", src: comment.photo, alt: "Foto allegata al commento" }) : null);
  const kind = `comment${comment.author.is_page ? " by-page" : ""}${comment.hidden ? " ghost" : ""}`;
  return element("div", { class: kind }, avatar(comment.author, true),
    element("div", {}, bubble, element("div", { class: "foot" }, foot),
      comment.replies.length ? element("div", { class: "replies" }, comment.replies.map((reply) => commentPart(reply, form, now, true))) : null));
}

function like(object) {
  const count = Object.values(object.reactions).reduce((sum, n) => sum + n, 0);
  const act = () => attempt(SAID, () => ask("POST", "/_sim/facebook/reactions", { on: object.id, author: AUTHOR.value, reaction: "like" }));
  return element("button", { type: "button", class: "link", onclick: act }, count ? `Mi piace · ${count}` : "Mi piace");
}

/** What an author may do with his own words. */
function menu(object) {
  const path = `/_sim/facebook/posts/${object.id}`;
  const edit = () => {
    const text = prompt("Nuovo testo:", object.text);
    if (text !== null && text.trim()) attempt(SAID, () => ask("POST", path, { text }));
  };
  const remove = () => { if (confirm("Eliminare?")) attempt(SAID, () => ask("DELETE", path)); };
  return [
    element("button", { type: "button", class: "link", onclick: edit }, "Modifica"),
    element("button", { type: "button", class: "link", onclick: remove }, "Elimina"),
  ];
}

function aim(form, comment) {
  form.dataset.parent = comment?.id ?? "";
  form.querySelector(".to").textContent = comment ? `In risposta a ${someone(comment.author)}` : "";
  form.querySelector("textarea").focus();
}

function answerForm(post) {
  const field = element("textarea", { rows: 1, placeholder: "Commenta…", "aria-label": `Commento al post di ${someone(post.author)}` });
  const byHand = element("button", { type: "button", title: "Come un collega che commenta a mano dalla pagina" }, "Come Città");
  const form = element("form", { class: "answer" },
    element("div", { style: "flex:1" }, element("div", { class: "to" }), field), element("button", { type: "submit" }, "Invia"), byHand);
  const send = async (act) => {
    const text = field.value.trim();
    if (!text || !(await attempt(SAID, () => act(text)))) return;
    empty(field);
    form.dataset.parent = "";
    form.querySelector(".to").textContent = "";
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const parent = form.dataset.parent || undefined;
    send((text) => ask("POST", `/_sim/facebook/posts/${post.id}/comments`, { author: AUTHOR.value, text, parent }));
  });
  byHand.addEventListener("click", () => send((text) => ask("POST", "/_sim/facebook/colleague", { thread: form.dataset.parent || post.id, text })));
  talkative(field);
  return form;
}
