// Keeps a reply while it is typed: on the server, and until that has it in this browser as well.
// Puts a saved reply where the cursor is.
const user = document.querySelector("meta[name=user]")?.content;
const PREFIX = `unsaved ${user} reply `; // unsaved.js forgets it after a week and at signing out
const PAUSE = 600; // milliseconds
const PATIENCE = 5000; // a form that is sent waits as long for what is being saved

function stored(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

function store(key, text, more) {
  try {
    if (text) localStorage.setItem(key, JSON.stringify({ text, at: Date.now(), ...more }));
    else localStorage.removeItem(key);
  } catch {
    // no storage: the server has it
  }
}

function keysOf(start) {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(start));
  } catch {
    return [];
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
  const version = field.form.elements.draft_version; // what this window knows of the draft
  const own = `${PREFIX}${url} `;
  const key = own + Math.random(); // this window's
  let timer = 0;
  let isSaving = false;
  let saved = field.value;
  let sent = saved;

  // What the server has not heard of: after a crash, or typed while signed out
  const left = keysOf(own).map((old) => ({ old, text: "", bases: [], ...stored(old) }));
  const isNewer = ({ text, bases }) => text.startsWith(saved) || bases.includes(saved);
  left.sort((one, other) => isNewer(other) - isNewer(one)); // what goes on from the draft, then the rest
  for (const { old, text, bases, isSent } of left) {
    store(old, "");
    if ((location.hash === "#done" && isSent) || field.value.includes(text)) continue;
    const goesOn = text.startsWith(field.value) || bases.includes(field.value);
    field.value = goesOn ? text : `${field.value}\n\n${text}`;
  }

  const save = async (isLeaving) => {
    clearTimeout(timer);
    const text = field.value;
    if (text === saved || (isSaving && !isLeaving)) return;
    const unsure = sent; // it may be stored although no answer came
    sent = text;
    isSaving = true;
    const body = new URLSearchParams({ text, draft_version: version.value });
    body.set("csrfmiddlewaretoken", field.form.elements.csrfmiddlewaretoken.value);
    try {
      const headers = { "X-Requested-With": "XMLHttpRequest" };
      const signal = AbortSignal.timeout(PATIENCE);
      const response = await fetch(url, { method: "POST", body, headers, signal, keepalive: isLeaving });
      const draft = await response.json().catch(() => ({}));
      const isUnknown = response.status === 409 && draft.text !== (unsure || null);
      if (!isUnknown && draft.version) version.value = draft.version;
      if (response.ok && draft.version) {
        saved = text;
        if (field.value === text) store(key, "");
        say(field, "Draft saved.");
      } else if (isUnknown && draft.text) {
        say(field, "You went on with this reply in another window. What you type here is kept in this browser: load the page again to have both.");
      } else if (isUnknown) say(field, "You have sent a reply from another window.");
      else if (response.status === 409) later();
      else say(field, "Kept in this browser: you are no longer signed in.");
    } catch {
      say(field, "Kept in this browser: the site can’t be reached.");
    }
    isSaving = false;
    if (field.value !== text) later();
  };
  const later = () => {
    store(key, field.value, { bases: [saved, sent] });
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  };
  field.addEventListener("input", later);
  if (field.value !== saved) {
    field.closest("details")?.setAttribute("open", "");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  addEventListener("pagehide", () => save(true));
  document.addEventListener("visibilitychange", () => document.hidden && save(true));
  field.form.addEventListener("submit", () => {
    clearTimeout(timer); // the form brings it along
    store(key, field.value, { bases: [saved, sent], isSent: true });
    saved = field.value;
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
