// What was typed and not saved is kept in this browser for a week, for its writer alone, and offered
// again when the page is opened. Saving, throwing it away and signing out end that.
(() => {
  const PREFIX = "unsaved ";
  const DAYS = 7;
  const PAUSE = 250; // milliseconds
  const SENT = "unsaved-sent"; // in this tab: the key of what was sent last
  const user = document.querySelector("meta[name=user]")?.content;
  const passing = new Set(["csrfmiddlewaretoken", "loaded_revision_id", "loaded_revision_created_at", "next"]);

  const stored = () => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  const load = (key) => {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  };
  const fieldsOf = (data) =>
    [...data].filter(([name, value]) => typeof value === "string" && !passing.has(name) && !/password/.test(name));

  for (const key of stored()) {
    const draft = load(key);
    if (!draft || Date.now() - draft.at > DAYS * 86_400_000) localStorage.removeItem(key);
  }
  let isSignedOut = false;
  addEventListener(
    "submit",
    ({ target }) => {
      if (!target.elements.kept_fields) sessionStorage.removeItem(SENT); // which goes on after signing in
      isSignedOut = /\/logout\/$/.test(target.getAttribute("action"));
      if (isSignedOut) for (const key of stored()) localStorage.removeItem(key);
    },
    true,
  );
  if (!user) return;

  const moment = (at) => {
    const when = new Date(at);
    const hours = when.getHours();
    const time = `${hours % 12 || 12}.${String(when.getMinutes()).padStart(2, "0")}${hours < 12 ? "am" : "pm"}`;
    const isToday = when.toDateString() === new Date().toDateString();
    return isToday ? time : `${time} on ${when.toLocaleDateString("en-GB", { day: "numeric", month: "long" })}`;
  };

  // Fields that are there are filled in; a text made of blocks is sent to the server, which knows
  // how to lay them out, and opened as the draft that it then is.
  const bringBack = async (form, fields, key) => {
    const isPlain = fields.every(([name]) => form.elements[name]) && !form.querySelector("[data-draftail-input], .Draftail-Editor, [data-streamfield-stream-container], .waiting-text");
    if (isPlain) {
      for (const [name, value] of fields) {
        const field = form.elements[name];
        if (field.type === "checkbox" || field.type === "radio") field.checked = true;
        else if (field.value !== value) {
          field.value = value;
          field.dispatchEvent(new Event("input", { bubbles: true }));
          field.dispatchEvent(new Event("change", { bubbles: true }));
        }
      }
      return;
    }
    const body = new FormData();
    for (const [name, value] of fields) body.append(name, value);
    for (const name of passing) if (form.elements[name]) body.set(name, form.elements[name].value);
    if (form.matches("[data-controller~=w-autosave]")) {
      const answer = await fetch(form.action, { method: "post", body, headers: { Accept: "application/json" } });
      const saved = await answer.json().catch(() => ({}));
      if (saved.success) {
        localStorage.removeItem(key);
        location.assign(saved.url ?? location.pathname);
        return;
      }
    }
    const carrier = Object.assign(document.createElement("form"), { method: "post", action: form.action, enctype: "multipart/form-data" });
    for (const [name, value] of body) {
      carrier.append(Object.assign(document.createElement("textarea"), { name, value }));
    }
    carrier.hidden = true;
    carrier.addEventListener("submit", () => sessionStorage.setItem(SENT, key));
    document.body.append(carrier);
    carrier.requestSubmit();
  };

  const watch = (form) => {
    const keyHere = () => `${PREFIX}${user} ${location.pathname} ${form.id}`;
    let key = keyHere();
    const serialise = () => JSON.stringify(fieldsOf(new FormData(form)));
    const first = serialise();
    let isTouched = false;
    let saved = null;
    let sending = null;
    let timer = null;
    const keep = () => {
      timer = null;
      if (isSignedOut) return;
      const now = serialise();
      try {
        if (key !== keyHere()) {
          localStorage.removeItem(key); // its first autosave gave a new page its address
          key = keyHere();
        }
        if (now === saved || now === first) localStorage.removeItem(key);
        else localStorage.setItem(key, JSON.stringify({ at: Date.now(), fields: now }));
      } catch {
        // no room: autosave alone has to do
      }
    };
    const draft = load(key);
    const changed = () => {
      isTouched = true;
      clearTimeout(timer);
      timer = setTimeout(keep, PAUSE);
    };
    form.addEventListener("input", changed);
    form.addEventListener("change", changed);
    form.addEventListener("w-unsaved:add", changed);
    // Wagtail takes the form as it is two seconds after the page was opened, and at the end of each
    // autosave, for what is saved, whatever was typed meanwhile.
    form.addEventListener("w-unsaved:watch-edits", () => {
      if (!isTouched || serialise() === (saved ?? first)) return;
      form.dispatchEvent(new CustomEvent("w-unsaved:add", { bubbles: true, cancelable: true }));
    });
    form.addEventListener("w-autosave:save", ({ detail }) => {
      const data = new FormData(form);
      sending = detail?.formData ? JSON.stringify(fieldsOf(detail.formData).filter(([name]) => data.has(name))) : serialise();
    });
    const succeeded = () => {
      saved = sending;
      keep();
    };
    form.addEventListener("w-autosave:success", succeeded, true); // before Wagtail looks at the form
    form.addEventListener("submit", () => {
      keep();
      sessionStorage.setItem(SENT, key);
    });
    const leave = () => timer && (clearTimeout(timer), keep());
    addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", () => document.hidden && leave());

    if (!draft?.fields || draft.fields === serialise()) return;
    const offer = Object.assign(document.createElement("div"), { className: "help-block help-warning unsaved" });
    offer.setAttribute("role", "status");
    offer.append(`What you typed here at ${moment(draft.at)} was not saved. `);
    const button = (label, act) => {
      const one = Object.assign(document.createElement("button"), { type: "button", className: "button button-small button-secondary", textContent: label });
      one.addEventListener("click", act);
      offer.append(one, " ");
    };
    button("Bring it back", () => {
      offer.remove();
      bringBack(form, JSON.parse(draft.fields), key).catch(() => form.prepend(offer));
    });
    button("Throw it away", () => {
      offer.remove();
      localStorage.removeItem(key);
    });
    form.prepend(offer);
  };

  addEventListener("DOMContentLoaded", () => {
    // A success is that of the form which this tab sent last, and of no other that failed before
    if (document.querySelector(".messages .success")) {
      localStorage.removeItem(sessionStorage.getItem(SENT));
      sessionStorage.removeItem(SENT);
    }
    // Locked by somebody else: what is typed would be lost, so nothing can be typed.
    for (const panel of document.querySelectorAll(".content-locked [data-edit-form] [role=tabpanel]")) {
      panel.inert = true;
    }
    const forms = document.querySelectorAll("form[data-edit-form], main form[method=post i]:has(textarea)");
    for (const form of forms) watch(form);
  });
})();
