// Names a fault on leaving a field, counts what room is left, keeps a draft for a day or until the
// server has taken it (sent.js).
function say(field, id, words, className) {
  let line = document.getElementById(id);
  if (!line && !words) return;
  if (!line) {
    line = Object.assign(document.createElement("p"), { id, className });
    line.setAttribute("role", "status");
    field.before(line);
    const known = field.getAttribute("aria-describedby") ?? "";
    field.setAttribute("aria-describedby", `${known} ${id}`.trim());
  }
  line.textContent = words;
  line.hidden = !words;
}

function room(field) {
  return field.dataset.limit ? field.dataset.limit - [...field.value].length : Infinity;
}

function fault(field) {
  const { missing, mismatch } = field.dataset;
  if (missing && !field.value.trim()) return missing;
  if (mismatch && field.value && field.validity.typeMismatch) return mismatch;
  const [most, has] = [Number(field.dataset.limit), [...field.value].length].map((n) => n.toLocaleString("en-GB"));
  return room(field) < 0 ? `${field.dataset.called} must be ${most} characters or fewer (it has ${has}).` : "";
}

function judge(field) {
  const words = fault(field);
  say(field, `${field.id}_error`, words, "field-error");
  field.closest(".field").classList.toggle("field-invalid", Boolean(words));
  if (words) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

const DAY = 86_400_000;

function isYoung(text) {
  return Date.now() - JSON.parse(text).at < DAY;
}

// Each tab keeps its own draft: what this one sent last, or else the latest that any of them left.
function load(start) {
  const drafts = [];
  try {
    const last = sessionStorage.getItem("draft-sent");
    for (const key of Object.keys(localStorage).filter((one) => one.startsWith(start))) {
      const text = localStorage.getItem(key);
      if (isYoung(text)) drafts.push({ key, isOwn: key === last, ...JSON.parse(text) });
      else localStorage.removeItem(key);
    }
  } catch {
    // no storage
  }
  return drafts.sort((one, other) => other.isOwn - one.isOwn || other.at - one.at)[0];
}

function clock(at) {
  const when = new Date(at);
  const minutes = String(when.getMinutes()).padStart(2, "0");
  return `${when.getHours() % 12 || 12}.${minutes}${when.getHours() < 12 ? "am" : "pm"}`;
}

function help(form) {
  const start = `draft ${form.id} ${location.pathname} `;
  const key = start + Math.random();
  const draft = load(start);
  const fields = [...form.querySelectorAll(".field :is([data-limit], [data-mismatch])")];
  const keep = (sentAt) => {
    try {
      const typed = fields.map((field) => [field.name, field.value]);
      if (!typed.some(([, value]) => value)) {
        localStorage.removeItem(key);
        return;
      }
      localStorage.setItem(key, JSON.stringify({ at: Date.now(), sentAt, fields: Object.fromEntries(typed) }));
      if (isBack) localStorage.removeItem(draft.key);
      const words = "Your draft is kept in this browser for a day, or until it is sent.";
      if (sentAt) sessionStorage.setItem("draft-sent", key);
      else say(fields.at(-1), `${form.id}-draft`, words, "field-hint");
    } catch {
      // no storage, no draft
    }
  };
  const back = fields.filter((field) => !field.value && draft?.fields[field.name]);
  for (const field of back) field.value = draft.fields[field.name];
  const isSame = ({ name, value }) => value === draft.fields[name];
  const isBack = back.length || draft?.isOwn || (draft && fields.every(isSame));
  if (back.length) announce(form, draft, () => {
    for (const field of back) field.value = "";
    for (const one of [draft.key, key]) localStorage.removeItem(one);
  });
  // Another tab that went on with these words or cleared them took them from its own place alone
  addEventListener("storage", ({ key: gone, oldValue, newValue }) => {
    if (gone === key && !newValue && isYoung(oldValue)) localStorage.setItem(key, oldValue);
  });
  const count = (field) => {
    const left = room(field);
    const isNear = left < field.dataset.limit / 5;
    const words = isNear ? `${Math.max(left, 0).toLocaleString("en-GB")} characters left` : "";
    say(field, `${field.id}_left`, words, "field-hint");
  };
  for (const field of fields) {
    // What was typed before this script came, or came back
    count(field);
    if (field.value && field !== document.activeElement && fault(field)) judge(field);
    // A moment later: what moves under the pointer would swallow a click.
    field.addEventListener("change", () => setTimeout(judge, 250, field));
    field.addEventListener("input", () => {
      if (field.ariaInvalid === "true" && !fault(field)) judge(field);
      count(field);
      keep();
    });
  }
  // Its day begins with its words, not whenever somebody looks at it
  if (fields.some(({ name, value }) => value && value !== draft?.fields[name])) keep();
  // Whatever sends it: what is typed after that is no longer part of it.
  form.addEventListener("formdata", () => keep(Date.now()));
}

// Whoever shares this computer must know whose words these are, and how to be rid of them.
function announce(form, draft, clear) {
  const line = Object.assign(document.createElement("p"), { className: "field-hint draft" });
  line.setAttribute("role", "status");
  line.append(`${draft.sentAt ? "What you sent" : "Your draft"} from ${clock(draft.at)} is back${draft.sentAt ? ": nobody may have received it" : ""}. `);
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Clear it" });
  button.addEventListener("click", () => {
    clear();
    line.remove();
    form.querySelector(".field :is(input, textarea)").focus();
  });
  line.append(button);
  form.prepend(line);
}

load("draft "); // forgets those of yesterday

for (const form of document.querySelectorAll("form[data-challenge]")) help(form);
