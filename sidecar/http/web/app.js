// SPDX-License-Identifier: GPL-2.0-or-later
//
// The on-site screen.  What comes is put into the page as text and never as
// anything else.  It keeps so many calls and no more, so it may run for weeks.


const CALLS_MAX = 40;          // cards
const NOTICES_MAX = 30;
const STEPS_MAX = 30;          // of one call, likewise notes
const SILENT_MS = 6000;        // beats come every 2 s
const RETRY_MS = 1500;
const ALARM_MS = 12 * 3600e3;  // nobody is woken by what is older
// Each is told of a 911 call, see docs/NOTIFICATIONS.md.
const ALARMS = ["emergency_call", "relay_call", "undefined_location",
                "endpoint_unlocated"];

const WORDS = {
  emergency_call: "EMERGENCY CALL", relay_call: "EMERGENCY CALL (relay centre)",
  test_call: "Test call (933)", callback: "Callback",
  undefined_location: "EMERGENCY CALL (location not known)",
  endpoint_unlocated: "EMERGENCY CALL (device without a location)",
  located: "location received", answered: "answered",
  recovered: "recovered", ended: "ended", trunk_down: "Trunk is down",
  psap_down: "Answering point cannot be reached",
  elin_pool_exhausted: "No callback number was free",
  ali_doubtful: "The answering point may see another address",
};
const FACTS = [
  ["Caller", ["caller_name"]], ["Number", ["caller_number"]],
  ["Call back", ["callback_number"]], ["Address", ["address"]],
  ["Building", ["building"]], ["Floor", ["floor"]], ["Unit", ["unit"]],
  ["Room", ["room"]], ["Location", ["location"]], ["Details", ["info"]],
  ["Place told by the call", ["place"]], ["Device", ["device"]],
  ["Answering point", ["psap"]], ["ELIN", ["elin"]],
];

const $ = (id) => document.getElementById(id);
const calls = new Map();   // id -> call, oldest first
let proof = "";
let source = null;         // EventSource
let lastId = 0;            // of an entry that is in the page
let shownId = 0;           // ... that e911d knows of
let heardAt = 0;           // performance.now()
let offset = 0;            // e911d's clock minus ours
let online = false;
let loggedIn = false;
let retry = 0;
let canSound = false;
let isSounding = false;
let renewedAt = 0;

// ---- small things ----

function text(node, value) {
  const s = String(value ?? "");
  if (node.textContent !== s)
    node.textContent = s;
}

function element(name, className, value) {
  const e = document.createElement(name);
  if (className)
    e.className = className;
  if (value !== undefined)
    e.textContent = String(value);
  return e;
}

const now = () => Date.now() + offset;

function clockOf(ms) {
  return new Date(ms).toLocaleTimeString([], { hour12: false });
}

function lasted(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  return (s >= 3600 ? Math.floor(s / 3600) + ":" : "") +
    two(Math.floor(s / 60) % 60) + ":" + two(s % 60);
}

async function post(name, body, token) {
  return fetch("/screen/" + name, {
    method: "POST", cache: "no-store", redirect: "error",
    headers: { "Content-Type": "application/json",
               "X-E911-Token": token ?? proof },
    body: JSON.stringify(body ?? {}),
    signal: AbortSignal.timeout(8000),
  });
}

function remembered(name) {
  try { return localStorage.getItem(name) || ""; } catch { return ""; }
}

function remember(name, value) {
  try { localStorage.setItem(name, value); } catch { /* then not */ }
}

// ---- what happened ----

function callOf(id, at) {
  let call = calls.get(id);
  if (!call) {
    call = { id, at, startedAt: at, event: "", state: "", endedAt: 0,
             facts: {}, steps: [], acks: [], card: null, dirty: true };
    calls.set(id, call);
    forgetSome();
  }
  call.dirty = true;
  return call;
}

const isAlarm = (call) => ALARMS.includes(call.event) && !call.acks.length &&
  now() - call.at < ALARM_MS;

// What is over and was acknowledged goes first.
function forgetSome() {
  while (calls.size > CALLS_MAX) {
    let oldest = null;
    for (const call of calls.values()) {
      if (!oldest)
        oldest = call;
      if (!isAlarm(call) && (call.endedAt || call.acks.length)) {
        oldest = call;
        break;
      }
    }
    oldest.card?.root.remove();
    calls.delete(oldest.id);
  }
}

function isText(value) {
  return typeof value === "string" && value !== "";
}

function takeFacts(call, facts) {
  for (const [name, value] of Object.entries(facts)) {
    if (isText(value) || typeof value === "number")
      call.facts[name] = value;
  }
  const started = Date.parse(facts.started_at ?? "");
  if (!Number.isNaN(started))
    call.startedAt = started;
}

function takeNotice(entry) {
  const facts = (typeof entry.facts === "object" && entry.facts) || {};
  if (!isText(entry.call)) {
    addNotice(entry, facts);
    return;
  }
  const call = callOf(entry.call, entry.at);
  const isNew = !call.event;
  const words = isText(facts.event_words) ? facts.event_words
    : WORDS[entry.event] ?? entry.event;
  takeFacts(call, facts);
  if (["answered", "recovered", "ended"].includes(entry.event)) {
    call.state = entry.event;
    if (entry.event === "ended")
      call.endedAt = entry.at;
  } else if (!call.event || ALARMS.includes(entry.event)) {
    call.event = entry.event;
    call.at = entry.at;
    if (isText(facts.state))
      call.state = facts.state;
  }
  call.subject = isText(entry.subject) ? entry.subject : call.subject;
  call.text = isText(entry.text) ? entry.text : call.text;
  call.steps.push([entry.at, words]);
  call.steps.splice(0, call.steps.length - STEPS_MAX);
  if (isNew && isAlarm(call)) {
    if (loggedIn)
      show("calls");
    text($("said"), [WORDS[call.event], call.facts.caller_name,
                     call.facts.callback_number, call.facts.address,
                     call.facts.floor && "floor " + call.facts.floor,
                     call.facts.room && "room " + call.facts.room]
      .filter(Boolean).join(", "));
  }
}

function takeAck(entry) {
  const call = callOf(entry.call, entry.at);
  call.acks.push({ at: entry.at, who: entry.who || "", note: entry.note || "",
                   channel: entry.channel || "" });
  call.acks.splice(1, call.acks.length - STEPS_MAX);
}

function addNotice(entry, facts) {
  const item = element("li");
  const words = [WORDS[entry.event] ?? entry.event, entry.subject, facts.reason]
    .filter(isText);
  item.append(element("time", "", clockOf(entry.at)), " ",
              element("span", "", words.join(": ")));
  const list = $("notices");
  list.prepend(item);
  while (list.children.length > NOTICES_MAX)
    list.lastChild.remove();
  $("notices-title").hidden = false;
}

function take(event) {
  const id = Number(event.lastEventId);
  let entry;
  heard();
  if (!(id > lastId))
    return;
  try {
    entry = JSON.parse(event.data);
    if (entry.kind === "notice")
      takeNotice(entry);
    else if (entry.kind === "acknowledged" && isText(entry.call))
      takeAck(entry);
  } catch (error) {
    console.error("an entry cannot be shown", id, error);
  }
  lastId = id;
  later();
}

// ---- into the page ----

let isPlanned = false;

// Many entries, one drawing; a timer, since frames stop in a hidden window.
function later() {
  if (isPlanned)
    return;
  isPlanned = true;
  setTimeout(() => {
    isPlanned = false;
    draw();
    confirmShown();
  }, 0);
}

function makeCard(call) {
  const root = $("call-template").content.firstElementChild.cloneNode(true);
  const card = { root };
  for (const name of ["what", "call-state", "elapsed", "facts", "steps",
                      "acknowledged", "notes", "ack-form", "who", "note",
                      "ack", "ack-error", "sketch"])
    card[name] = root.querySelector("." + name);
  root.id = "call-" + call.id;
  card.who.value = remembered("e911-who");
  card["ack-form"].addEventListener("submit", (event) => {
    event.preventDefault();
    acknowledge(call);
  });
  return card;
}

function drawFacts(list, call) {
  list.replaceChildren();
  let any = false;
  for (const [label, names] of FACTS) {
    const value = names.map((n) => call.facts[n]).filter(Boolean).join(" ");
    if (!value)
      continue;
    any = true;
    list.append(element("dt", "", label), element("dd", "", value));
  }
  for (const words of any ? [] : [call.subject, call.text].filter(Boolean))
    list.append(element("dt", "", "Notice"), element("dd", "", words));
}

function svg(name, attributes, value) {
  const e = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, v] of Object.entries(attributes))
    e.setAttribute(key, String(v));
  if (value !== undefined)
    e.textContent = value;
  return e;
}

// Other calls that are near, by metres east and south of this one.
function neighbours(call) {
  const { latitude, longitude } = call.facts;
  const metres = 111320;
  const east = metres * Math.cos(latitude * Math.PI / 180);
  const parts = [];
  for (const other of calls.values()) {
    const x = 120 + (other.facts.longitude - longitude) * east * 0.8;
    const y = 80 - (other.facts.latitude - latitude) * metres * 0.8;
    if (other !== call && x >= 0 && x <= 240 && y >= 0 && y <= 160)
      parts.push(svg("circle", { class: "other", cx: x, cy: y, r: 4 }));
  }
  return parts;
}

// A grid of 50 m with north up; or the storeys of a building.
function drawSketch(figure, call) {
  const { latitude, longitude, floor, room } = call.facts;
  const drawing = figure.querySelector("svg");
  const has = typeof latitude === "number" && typeof longitude === "number";
  const parts = [];
  let words = "";
  if (has) {
    for (let x = 0; x <= 240; x += 40)
      parts.push(svg("line", { class: "grid", x1: x, x2: x, y1: 0, y2: 160 }));
    for (let y = 0; y <= 160; y += 40)
      parts.push(svg("line", { class: "grid", x1: 0, x2: 240, y1: y, y2: y }));
    parts.push(...neighbours(call),
               svg("circle", { class: "ring", cx: 120, cy: 80, r: 20 }),
               svg("circle", { class: "point", cx: 120, cy: 80, r: 6 }),
               svg("text", { x: 224, y: 16 }, "N"),
               svg("path", { class: "wall", d: "M228 20 l6 14 l-12 0 z" }),
               svg("text", { x: 4, y: 154 }, "squares of 50 m"));
    words = latitude.toFixed(6) + ", " + longitude.toFixed(6);
  } else if (floor) {
    const level = Number.parseInt(floor, 10);
    const at = Number.isNaN(level) ? 3 : Math.min(Math.max(level, 0), 5);
    for (let i = 0; i < 6; i++)
      parts.push(svg("rect", { class: i === at ? "level" : "wall", x: 60,
                               y: 130 - 22 * i, width: 120, height: 22 }));
    parts.push(svg("text", { x: 66, y: 145 - 22 * at },
                   ("floor " + floor).slice(0, 24)));
    words = "floor " + floor + (room ? ", room " + room : "") +
      "; no point is known";
  }
  figure.hidden = !words;
  drawing.setAttribute("aria-label", words);
  drawing.replaceChildren(...parts);
  text(figure.querySelector("figcaption"), words);
}

function drawLists(card, call) {
  card.steps.replaceChildren(...call.steps.map(([at, words]) =>
    element("li", "", clockOf(at) + " " + words)));
  card.notes.replaceChildren(...call.acks.filter((a) => a.note).map((a) =>
    element("li", "", clockOf(a.at) + " " + a.who + ": " + a.note)));
  const first = call.acks[0];
  text(card.acknowledged, first ? "Acknowledged by " +
    (first.who || first.channel) + " at " + clockOf(first.at) : "");
  text(card.ack, first ? "Add note" : "Acknowledge");
}

function drawCall(call) {
  if (!call.card) {
    call.card = makeCard(call);
    $("calls").prepend(call.card.root);
  }
  const card = call.card;
  text(card.what, WORDS[call.event] ?? call.event ?? "Call");
  text(card["call-state"], call.facts.state_words || call.state);
  card.root.classList.toggle("over", Boolean(call.endedAt));
  drawFacts(card.facts, call);
  drawSketch(card.sketch, call);
  drawLists(card, call);
  call.dirty = false;
}

function tickCall(call) {
  if (!call.card)
    return;
  call.card.root.classList.toggle("alarm", isAlarm(call));
  text(call.card.elapsed,
       lasted((call.endedAt || now()) - call.startedAt) +
       " since " + clockOf(call.startedAt));
}

function draw() {
  for (const call of calls.values()) {
    if (call.dirty)
      drawCall(call);
    tickCall(call);
  }
  $("no-calls").hidden = calls.size > 0;
  sound();
}

// ---- acknowledging ----

async function acknowledge(call) {
  const card = call.card;
  text(card["ack-error"], "");
  card.ack.disabled = true;
  remember("e911-who", card.who.value);
  try {
    const response = await post("acknowledge", {
      call: call.id, who: card.who.value, note: card.note.value });
    if (!response.ok)
      throw new Error("e911d says " + response.status);
    card.note.value = "";
  } catch (error) {
    text(card["ack-error"],
         "NOT ACKNOWLEDGED (" + error.message + "). Try again.");
  }
  card.ack.disabled = false;
}

// e911d counts a notice as delivered when a page says that it is there to be
// seen or heard.
async function confirmShown() {
  const id = lastId;
  if (id <= shownId || (document.hidden && !canSound))
    return;
  try {
    const response = await post("shown", { id: String(id) });
    if (response.ok && id > shownId)
      shownId = id;
  } catch { /* with the next beat */ }
}

// ---- sound ----

function sound() {
  const wants = loggedIn && [...calls.values()].some(isAlarm);
  const alarm = $("alarm");
  if (wants && alarm.paused) {
    alarm.volume = 1;
    alarm.play().then(() => { canSound = true; showSound(); },
                      () => { canSound = false; showSound(); });
  } else if (!wants && isSounding) {
    alarm.pause();
    alarm.currentTime = 0;
  }
  isSounding = wants;
  document.title = (wants ? "(!) " : "") + "Emergency calls";
}

// Browsers let a page be heard after somebody has touched it.
async function trySound() {
  const alarm = $("alarm");
  if (!alarm.paused)
    return;
  try {
    alarm.volume = 0.01;
    await alarm.play();
    canSound = true;
    if (!isSounding) {
      alarm.pause();
      alarm.currentTime = 0;
    }
    alarm.volume = 1;
  } catch {
    canSound = false;
  }
  showSound();
}

function showSound() {
  $("sound-off").hidden = canSound || !loggedIn;
}

// ---- connection ----

function heard() {
  heardAt = performance.now();
  if (online)
    return;
  online = true;
  $("offline").hidden = true;
  text($("state"), "connected");
}

function lost(why) {
  if (source) {
    source.close();
    source = null;
  }
  online = false;
  text($("offline-why"), why);
  $("offline").hidden = !loggedIn;
  text($("state"), "not connected");
}

function connect() {
  source = new EventSource("/screen/events?after=" + lastId);
  heardAt = performance.now();
  source.addEventListener("entry", take);
  source.addEventListener("beat", (event) => {
    heard();
    offset = (JSON.parse(event.data).now || Date.now()) - Date.now();
    confirmShown();
  });
  source.addEventListener("error", () => {
    lost("The connection to e911d is lost.");
    again();
  });
}

function again() {
  clearTimeout(retry);
  retry = setTimeout(start, RETRY_MS);
}

// Whose screen is it?  Renews the session too.
async function start() {
  let response;
  try {
    response = await fetch("/screen/session", {
      cache: "no-store", headers: { "X-E911-Token": proof || "page" },
      signal: AbortSignal.timeout(5000) });
  } catch {
    lost("e911d cannot be reached.");
    again();
    return;
  }
  if (response.status === 401) {
    askToken();
  } else if (!response.ok) {
    lost("e911d says " + response.status + ".");
    again();
  } else {
    await enter(await response.json());
    if (!source)
      connect();
  }
}

async function enter(session) {
  proof = session.proof;
  renewedAt = performance.now();
  text($("screen-name"), session.screen);
  text($("organization"), session.organization);
  if (loggedIn)
    return;
  loggedIn = true;
  $("login").hidden = true;
  show("calls");
  $("nav").hidden = false;
  lost("Connecting.");
  await trySound();
}

function askToken() {
  loggedIn = false;
  lost("");
  $("calls-view").hidden = true;
  $("history-view").hidden = true;
  $("history-rows").replaceChildren();
  $("nav").hidden = true;
  $("login").hidden = false;
  showSound();
  sound();
  $("token").focus();
}

async function logIn(event) {
  event.preventDefault();
  text($("login-error"), "");
  try {
    const response = await post("login", { token: $("token").value },
                                "login");
    if (!response.ok)
      throw new Error(response.status === 401 ? "That is no token that is good."
        : response.status === 429 ? "Too often. Wait a minute."
          : "e911d says " + response.status + ".");
    $("token").value = "";
    await enter(await response.json());
    connect();
  } catch (error) {
    text($("login-error"), error.message);
  }
}

async function logOut() {
  try { await post("logout"); } catch { /* the page forgets all the same */ }
  location.reload();
}

// ---- history ----

const COLUMNS = [
  ["Began", "started_at"], ["What", "service"], ["Caller", "caller_name"],
  ["Number", "caller_number"], ["Call back", "callback_number"],
  ["Address", "address"], ["Location", "location"], ["Answering point", "psap"],
  ["State", "state"], ["Acknowledged by", "acknowledged_by"],
  ["Notes", "notes"],
];

function wished() {
  const query = new URLSearchParams();
  const from = Date.parse($("from").value + "T00:00");
  const to = Date.parse($("to").value + "T00:00");
  if (!Number.isNaN(from))
    query.set("from", String(Math.max(0, from)));
  if (!Number.isNaN(to))
    query.set("to", String(Math.max(0, to) + 24 * 3600e3));
  return query.toString() + "&q=" + encodeURIComponent($("words").value.trim());
}

function show(view) {
  for (const name of ["calls", "history"]) {
    $(name + "-view").hidden = name !== view;
    $("show-" + name).setAttribute("aria-pressed", String(name === view));
  }
}

function drawHistory(found) {
  $("history-head").replaceChildren(...COLUMNS.map(([label]) => {
    const cell = element("th", "", label);
    cell.scope = "col";
    return cell;
  }));
  $("history-rows").replaceChildren(...found.slice(0, 200).map((call) => {
    const row = element("tr");
    for (const [, name] of COLUMNS) {
      const at = name === "started_at" ? Date.parse(call[name]) : NaN;
      row.append(element("td", "", Number.isNaN(at) ? call[name] ?? ""
        : new Date(at).toLocaleString([], { hour12: false })));
    }
    return row;
  }));
}

async function search(event) {
  event?.preventDefault();
  const query = wished();
  $("csv").href = "/screen/history?format=csv&" + query;
  text($("history-remark"), "Searching.");
  try {
    const response = await fetch("/screen/history?" + query, {
      cache: "no-store", signal: AbortSignal.timeout(20000) });
    if (!response.ok)
      throw new Error("e911d says " + response.status);
    const found = await response.json();
    drawHistory(found.calls);
    const remarks = [found.calls.length + " calls"];
    if (found.more)
      remarks.push("there are more");
    if (found.source !== "postgresql")
      remarks.push("THE DATABASE IS AWAY: this is only what this screen was" +
                   " told in the last 30 days");
    text($("history-remark"), remarks.join("; ") + ".");
  } catch (error) {
    text($("history-remark"), "The history cannot be told (" + error.message +
         ").");
  }
}

// ---- time goes by ----

function everySecond() {
  text($("clock"), clockOf(now()));
  for (const call of calls.values())
    tickCall(call);
  sound();
  if (source && performance.now() - heardAt > SILENT_MS) {
    lost("e911d is silent.");
    again();
  }
  if (loggedIn && performance.now() - renewedAt > 6 * 3600e3) {
    renewedAt = performance.now();
    start();
  }
}

$("login-form").addEventListener("submit", logIn);
$("log-out").addEventListener("click", logOut);
$("sound-off").addEventListener("click", trySound);
$("show-calls").addEventListener("click", () => { show("calls"); });
$("show-history").addEventListener("click", () => {
  show("history");
  $("history-title").focus();
  search();
});
$("history-form").addEventListener("submit", search);
for (const gesture of ["pointerdown", "keydown"])
  document.addEventListener(gesture, () => { if (!canSound) trySound(); });
document.addEventListener("visibilitychange", () => { confirmShown(); });
setInterval(everySecond, 1000);
start();
