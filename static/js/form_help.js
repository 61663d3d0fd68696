// Names a fault on leaving a field, counts what room is left, keeps a draft until the form is sent.
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

function help(form) {
  const key = `draft ${form.id} ${location.pathname}`;
  const fields = [...form.querySelectorAll(".field :is([data-limit], [data-mismatch])")];
  const keep = () => {
    try {
      const draft = fields.map((field) => [field.name, field.value]);
      localStorage.setItem(key, JSON.stringify(Object.fromEntries(draft)));
      const words = "Your draft is kept in this browser until you send it.";
      say(fields.at(-1), `${form.id}-draft`, words, "field-hint");
    } catch {
      // no storage, no draft
    }
  };
  try {
    const draft = JSON.parse(localStorage.getItem(key)) ?? {};
    for (const field of fields) field.value ||= draft[field.name] ?? "";
  } catch {
    // the same
  }
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
  if (fields.some((field) => field.value)) keep();
  form.addEventListener("sent", () => localStorage.removeItem(key));
}

for (const form of document.querySelectorAll("form[data-challenge]")) help(form);
