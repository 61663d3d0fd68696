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
  const left = room(field);
  return left < 0 ? `Shorten this by ${(-left).toLocaleString("en-GB")} characters.` : "";
}

function judge(field) {
  const words = fault(field);
  say(field, `${field.id}_error`, words, "field-error");
  field.closest(".field").classList.toggle("field-invalid", Boolean(words));
  if (words) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

const DAY = 86_400_000;

function load(key) {
  try {
    const draft = JSON.parse(localStorage.getItem(key));
    if (Date.now() - draft.at < DAY) return draft;
    localStorage.removeItem(key);
  } catch {
    // no storage, or nothing in it
  }
  return null;
}

function clock(at) {
  const when = new Date(at);
  const minutes = String(when.getMinutes()).padStart(2, "0");
  return `${when.getHours() % 12 || 12}.${minutes}${when.getHours() < 12 ? "am" : "pm"}`;
}

function help(form) {
  const key = `draft ${form.id} ${location.pathname}`;
  const fields = [...form.querySelectorAll(".field :is([data-limit], [data-mismatch])")];
  const keep = (sentAt) => {
    try {
      const typed = fields.map((field) => [field.name, field.value]);
      if (!typed.some(([, value]) => value)) {
        localStorage.removeItem(key);
        return;
      }
      localStorage.setItem(key, JSON.stringify({ at: Date.now(), sentAt, fields: Object.fromEntries(typed) }));
      const words = "Your draft is kept in this browser for a day, or until it is sent.";
      if (!sentAt) say(fields.at(-1), `${form.id}-draft`, words, "field-hint");
    } catch {
      // no storage, no draft
    }
  };
  const draft = load(key);
  const back = fields.filter((field) => !field.value && draft?.fields[field.name]);
  for (const field of back) field.value = draft.fields[field.name];
  if (back.length) announce(form, draft, () => {
    for (const field of back) field.value = "";
    localStorage.removeItem(key);
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
  form.addEventListener("submit", () => {
    keep(Date.now());
    sessionStorage.setItem("draft-sent", key);
  });
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

for (const key of Object.keys(localStorage)) if (key.startsWith("draft ")) load(key);

for (const form of document.querySelectorAll("form[data-challenge]")) help(form);
