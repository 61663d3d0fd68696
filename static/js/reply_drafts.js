// Keeps a reply while it is typed: on the server, and until that has it in this browser as well,
// for a week. Puts a saved reply where the cursor is.
const PREFIX = "reply-draft ";
const WEEK = 7 * 24 * 3600 * 1000;
const PAUSE = 600;

function stored(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

function store(key, text, bases = []) {
  try {
    if (text) localStorage.setItem(key, JSON.stringify({ text, bases, at: Date.now() }));
    else localStorage.removeItem(key);
  } catch {
    // no storage: the server has it
  }
}

function forgetOld() {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  for (const key of keys) {
    if (!(stored(key)?.at > Date.now() - WEEK)) localStorage.removeItem(key);
  }
}

function say(field, words) {
  let line = field.parentElement.querySelector("[data-draft-state]");
  if (!line) {
    line = document.createElement("p");
    line.dataset.draftState = "";
    line.setAttribute("role", "status");
    field.after(line);
  }
  line.textContent = words;
}

function keep(field) {
  const url = field.dataset.replyDraft;
  const key = PREFIX + url;
  let timer = 0;
  let request = null;
  let saved = field.value;
  let sent = saved;

  const { text: local, bases = [] } = stored(key) ?? {};
  if (location.hash === "#done" || local === field.value) store(key, "");
  else if (local) {
    // What the server has not heard of: after a crash, or typed while signed out
    const isNewer = !field.value || local.startsWith(field.value) || bases.includes(field.value);
    field.value = isNewer ? local : `${field.value}\n\n${local}`;
    field.closest("details")?.setAttribute("open", "");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  const save = async (options = {}) => {
    clearTimeout(timer);
    const text = field.value;
    if (text === saved) return;
    const form = field.form;
    const body = new URLSearchParams({ text, version: field.dataset.version });
    body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    request?.abort();
    request = new AbortController();
    sent = text;
    try {
      const headers = { "X-Requested-With": "XMLHttpRequest" };
      const signal = options.keepalive ? undefined : request.signal;
      const response = await fetch(url, { method: "POST", body, headers, signal, ...options });
      const isKept = response.ok && !response.redirected;
      if (isKept) saved = text;
      if (isKept && field.value === text) store(key, "");
      if (isKept) say(field, "Draft saved.");
      else if (response.status === 409) say(field, "You have sent a reply from another window.");
      else say(field, "Kept in this browser: you are no longer signed in.");
    } catch (error) {
      if (error.name !== "AbortError") say(field, "Kept in this browser: the site can’t be reached.");
    }
  };
  const later = () => {
    store(key, field.value, [saved, sent]);
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  };
  field.addEventListener("input", later);
  if (field.value !== saved) later();
  addEventListener("pagehide", () => save({ keepalive: true }));
  document.addEventListener("visibilitychange", () => document.hidden && save({ keepalive: true }));
  field.form.addEventListener("submit", () => {
    clearTimeout(timer); // the form brings it along
    saved = field.value;
    request?.abort();
  });
}

function insert(event) {
  const field = event.target.form.querySelector("[data-reply-draft]");
  event.preventDefault();
  const { selectionStart: start, value } = field;
  const isAtEnd = start === 0 && document.activeElement !== field && !field.dataset.touched;
  const place = isAtEnd ? value.length : start;
  const [before, after] = [value.slice(0, place), value.slice(place)];
  const gap = before && !/\n\s*$/.test(before) ? "\n\n" : "";
  const words = gap + event.target.dataset.insert + (after && !/^\s*\n/.test(after) ? "\n\n" : "");
  field.setRangeText(words, place, place, "end");
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

try {
  forgetOld();
} catch {
  // no storage
}
for (const field of document.querySelectorAll("[data-reply-draft]")) {
  for (const name of ["input", "click", "keyup"]) {
    field.addEventListener(name, () => (field.dataset.touched = "yes"));
  }
  keep(field);
}
if (location.hash === "#done") history.replaceState(null, "", location.pathname + location.search);
for (const button of document.querySelectorAll("[data-insert]")) {
  button.addEventListener("click", insert);
}
