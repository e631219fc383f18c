"use strict";
/* Texts of documents reach the page through textContent alone: nothing in them is markup. */
const data = JSON.parse(document.getElementById("data").textContent);
const WORDS = data.words;
const STORE = "heliu-review-" + data.sample;
const at = (id) => document.getElementById(id);
const word = (name) => WORDS[state.language][name === "other" ? "other_category" : name];
const state = { number: 0, verdicts: new Map(), reviewer: "", language: (navigator.language || "zh").startsWith("zh") ? "zh" : "en",
  theme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light", keeps: true };

function made(name, text, ...children) {
  const node = document.createElement(name);
  if (text) node.textContent = text;
  node.append(...children);
  return node;
}

function count(verdict) {
  let found = 0;
  for (const one of state.verdicts.values()) if (one.verdict === verdict) found += 1;
  return found;
}

function message(text) {
  at("message").textContent = text;
  at("message").hidden = !text;
}

/* What is kept: in this browser, and in the file that is exported. */

function entries() {
  return data.documents.flatMap((one, number) => {
    const said = state.verdicts.get(one.id);
    return said ? [{ number: number + 1, id: one.id, verdict: said.verdict || null, category: said.category || null, note: said.note || "" }] : [];
  });
}

function saved() {
  const { corpus, version, release, sample, drawn } = data;
  return { format: "heliu-verdicts/1", corpus, version, release, sample, drawn, reviewer: state.reviewer, verdicts: entries() };
}

function keep() {
  try {
    localStorage.setItem(STORE, JSON.stringify({ ...saved(), number: state.number, language: state.language, theme: state.theme }));
    state.keeps = true;
  } catch {
    state.keeps = false;
    message(WORDS[state.language].unsaved);
  }
}

function take(kept) {
  const known = new Set(data.documents.map((one) => one.id));
  let taken = 0;
  for (const { id, verdict, category, note } of kept.verdicts) {
    if (!known.has(id)) continue;
    const is_known = ["pass", "fail", "unsure"].includes(verdict);
    const reason = verdict === "fail" && data.categories.includes(category) ? category : null;
    state.verdicts.set(id, { verdict: is_known ? verdict : null, category: reason, note: String(note || "") });
    taken += 1;
  }
  if (typeof kept.reviewer === "string" && kept.reviewer) state.reviewer = kept.reviewer;
  return taken;
}

function resume() {
  try {
    const kept = JSON.parse(localStorage.getItem(STORE));
    if (!kept || kept.sample !== data.sample) return;
    take(kept);
    state.number = Math.min(Math.max(0, kept.number | 0), data.documents.length - 1);
    if (WORDS[kept.language]) state.language = kept.language;
    if (kept.theme === "dark" || kept.theme === "light") state.theme = kept.theme;
  } catch {
    state.keeps = false;
  }
}

async function load(file) {
  let kept = null;
  try {
    kept = JSON.parse(await file.text());
  } catch { /* shown below */ }
  if (!kept || kept.sample !== data.sample || !Array.isArray(kept.verdicts)) {
    message(WORDS[state.language].other + file.name);
    return;
  }
  const taken = take(kept);
  keep();
  const open = data.documents.findIndex((one) => !verdictOf(one.id));
  show(open < 0 ? state.number : open);
  message(WORDS[state.language].loaded + taken);
}

function cell(value) {
  const text = String(value ?? "");
  const guarded = /^[=+\-@\t\r]/.test(text) ? "'" + text : text; /* no formula for a spreadsheet */
  return '"' + guarded.replaceAll('"', '""') + '"';
}

function exported(kind) {
  const name = `verdicts-${data.corpus}-${data.version}-${data.sample.slice(0, 8)}.${kind}`;
  let text = JSON.stringify(saved(), null, 1) + "\n";
  if (kind === "csv") {
    const rows = entries().map((one) => [data.sample, data.drawn, one.number, one.id, one.verdict, one.category, one.note, state.reviewer]);
    const header = ["sample", "drawn", "number", "id", "verdict", "category", "note", "reviewer"];
    text = "\ufeff" + [header, ...rows].map((row) => row.map(cell).join(",") + "\r\n").join("");
  }
  const link = made("a");
  link.href = URL.createObjectURL(new Blob([text], { type: kind === "csv" ? "text/csv" : "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  message(name);
}

/* Moving and deciding. */

const verdictOf = (id) => (state.verdicts.get(id) || {}).verdict;

function nextOpen() {
  const n = data.documents.length;
  for (let step = 1; step <= n; step += 1) {
    const number = (state.number + step) % n;
    if (!verdictOf(data.documents[number].id)) return number;
  }
  return -1;
}

function decide(verdict, category) {
  const { id } = data.documents[state.number];
  state.verdicts.set(id, { ...state.verdicts.get(id), verdict, category: category || null });
  const open = nextOpen();
  keep();
  show(open < 0 ? state.number : open);
  if (open < 0) message(WORDS[state.language].complete);
}

function clear() {
  state.verdicts.delete(data.documents[state.number].id);
  keep();
  show(state.number);
}

function go(number) {
  if (number < 0 || number >= data.documents.length || Number.isNaN(number)) return;
  message("");
  show(number);
  keep();
}

const CATEGORY_KEYS = data.categories.map((name, number) => [`Digit${number + 1}`, String(number + 1), name]);
const ACTIONS = [
  ["KeyP", "P", "pass", () => decide("pass")], ["KeyU", "U", "unsure", () => decide("unsure")],
  ...CATEGORY_KEYS.map(([code, key, name]) => [code, key, name, () => decide("fail", name)]),
  ["ArrowLeft", "←", "back", () => go(state.number - 1)], ["ArrowRight", "→", "on", () => go(state.number + 1)],
  ["KeyN", "N", "open", () => go(nextOpen())], ["Digit0", "0", "clear", clear],
  ["KeyE", "E", "json", () => exported("json")], ["KeyC", "C", "csv", () => exported("csv")], ["KeyL", "L", "load", () => at("file").click()],
  ["KeyG", "G", "go", () => { at("number").focus(); at("number").select(); }], ["KeyI", "I", "toNote", () => at("note").focus()],
  ["KeyR", "R", "toReviewer", () => at("reviewer").focus()],
  ["KeyT", "T", "language", () => { state.language = state.language === "zh" ? "en" : "zh"; keep(); label(); show(state.number, true); }],
  ["KeyD", "D", "theme", () => { state.theme = state.theme === "dark" ? "light" : "dark"; keep(); label(); }],
  ["Slash", "?", "help", () => at("keys").showModal()],
];
const BY_CODE = new Map(ACTIONS.map((one) => [one[0].replace("Digit", "Numpad"), one[3]]).concat(ACTIONS.map((one) => [one[0], one[3]])));

/* Showing. */

function button([code, key, name, act]) {
  const node = made("button", "", made("kbd", key), word(name));
  node.type = "button";
  node.dataset.name = name;
  node.addEventListener("click", () => { act(); node.blur(); });
  return node;
}

function label() {
  const words = WORDS[state.language];
  document.documentElement.lang = state.language === "zh" ? "zh-Hans" : "en";
  document.documentElement.dataset.theme = state.theme;
  document.title = `${data.corpus} ${data.version} · heliu`;
  at("release").textContent = `${data.corpus} ${data.version} · `;
  for (const node of document.querySelectorAll("[data-say]")) node.textContent = words[node.dataset.say];
  at("language").textContent = words.language;
  at("theme").textContent = words.theme;
  at("help").ariaLabel = words.help;
  at("reviewer").value = state.reviewer;
  const shown = (names) => ACTIONS.filter((one) => names.includes(one[2])).map(button);
  at("verdicts").replaceChildren(...shown(["pass", "unsure", ...data.categories]));
  at("moves").replaceChildren(...shown(["back", "on", "open", "json", "csv", "load"]));
  at("key_rows").replaceChildren(...ACTIONS.map(([, key, name]) =>
    made("li", "", made("kbd", key), (data.categories.includes(name) ? words.fail + words.colon : "") + word(name))));
}

function facts(one) {
  const day = one.published || "";
  const parts = [...one.stratum, one.site, day].filter((value, number, all) =>
    value && all.indexOf(value) === number && (value === day || !day.startsWith(value)));
  const nodes = [parts.join(" · ")];
  if (/^https?:\/\//i.test(one.url || "")) {
    const link = made("a", one.url);
    link.href = one.url;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    nodes.push(made("br"), link);
  } else if (one.url) nodes.push(made("br"), one.url);
  return nodes;
}

function show(number, stays) {
  state.number = number;
  const one = data.documents[number];
  const said = state.verdicts.get(one.id) || {};
  const words = WORDS[state.language];
  const total = data.documents.length;
  at("title").textContent = one.title || words.untitled;
  at("facts").replaceChildren(...facts(one));
  at("text").textContent = one.content;
  const shown = one.chars > one.shown ? `${words.cut} ` : `${words.end} · `;
  at("end").textContent = `${shown}${one.chars.toLocaleString()} ${words.chars}`;
  at("number").value = String(number + 1);
  at("of").textContent = `${words.of} ${total.toLocaleString()} ${words.documents}`;
  at("note").value = said.note || "";
  at("verdict").className = said.verdict || "";
  at("verdict").textContent = said.verdict ? { pass: "✓ ", fail: "✗ ", unsure: "? " }[said.verdict] + words[said.verdict] + (said.category ? words.colon + word(said.category) : "") : "";
  const counts = ["pass", "fail", "unsure"].map((name) => [name, count(name)]);
  const decided = counts.reduce((sum, [, n]) => sum + n, 0);
  at("counts").replaceChildren(...counts.flatMap(([name, n]) => { const node = made("span", `${words[name]} ${n.toLocaleString()}`); node.className = name; return [node, " · "]; }),
    `${words.left} ${(total - decided).toLocaleString()}`);
  at("done").style.width = `${(100 * decided) / total}%`;
  at("bar").setAttribute("aria-valuemax", total);
  at("bar").setAttribute("aria-valuenow", decided);
  for (const node of at("verdicts").children) node.setAttribute("aria-pressed", String(node.dataset.name === (said.category || said.verdict)));
  if (!stays) {
    at("text").focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || at("keys").open) return;
  const field = event.target.matches("input");
  if (field && (event.key === "Escape" || event.key === "Enter")) {
    if (event.target.id === "number" && event.key === "Enter") go(parseInt(event.target.value, 10) - 1);
    event.target.blur();
    at("number").value = String(state.number + 1);
    event.preventDefault();
    return;
  }
  const act = BY_CODE.get(event.code);
  if (field || !act || event.repeat) return;
  event.preventDefault();
  act();
});
at("note").addEventListener("input", (event) => {
  const { id } = data.documents[state.number];
  state.verdicts.set(id, { ...state.verdicts.get(id), note: event.target.value });
  keep();
});
at("reviewer").addEventListener("input", (event) => { state.reviewer = event.target.value; keep(); });
at("file").addEventListener("change", (event) => { if (event.target.files[0]) load(event.target.files[0]); event.target.value = ""; });
at("language").addEventListener("click", () => BY_CODE.get("KeyT")());
at("theme").addEventListener("click", () => BY_CODE.get("KeyD")());
at("help").addEventListener("click", () => BY_CODE.get("Slash")());
addEventListener("beforeunload", (event) => { if (!state.keeps && state.verdicts.size) event.preventDefault(); });

resume();
label();
show(state.number);
keep();
