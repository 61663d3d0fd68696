// What was typed and not saved is kept in this browser for a week, for its writer alone, and offered
// again when the page is opened. Saving, throwing it away and signing out end that.
(() => {
  // Locked by somebody else: what is typed would be lost, so nothing can be typed.
  addEventListener("DOMContentLoaded", () => {
    for (const panel of document.querySelectorAll(".content-locked [data-edit-form] [role=tabpanel]")) {
      panel.inert = true;
    }
  });
  try {
    localStorage.length;
  } catch {
    return; // blocked
  }
  const PREFIX = "unsaved ";
  const DAYS = 7;
  const PAUSE = 600; // milliseconds
  // A rich text tells of a paste, of Enter and of its first letter by no "input"
  const TYPING = ["input", "change", "beforeinput", "keydown", "paste", "cut", "drop"];
  const SENT = "unsaved-sent"; // in this tab: the key of what was sent last
  const user = document.querySelector("meta[name=user]")?.content;
  const passing = new Set(["csrfmiddlewaretoken", "loaded_revision_id", "loaded_revision_created_at", "next", "draft_version"]);

  const stored = (start = PREFIX) => Object.keys(localStorage).filter((key) => key.startsWith(start));
  const load = (key) => {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  };
  const store = (key, draft) => {
    try {
      localStorage.setItem(key, JSON.stringify(draft));
    } catch {
      // no room: autosave alone has to do
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

  const stateOf = ({ value, checked, selectedOptions }) =>
    JSON.stringify([value, checked, [...(selectedOptions ?? [])].map((option) => option.value)]);

  // Fields that are there are filled in; a text made of blocks is sent to the server, which knows
  // how to lay them out, and opened as the draft that it then is. Tells whether it was filled in.
  const bringBack = async (form, fields, key) => {
    const isPlain = fields.every(([name]) => form.elements[name]) && !form.querySelector("[data-draftail-input], .Draftail-Editor, [data-streamfield-stream-container], .waiting-text");
    if (isPlain) {
      const typed = {};
      for (const [name, value] of fields) (typed[name] ??= []).push(value);
      for (const field of form.elements) {
        const isBox = ["checkbox", "radio"].includes(field.type);
        const values = typed[field.name] ?? []; // an unticked box sends none
        if (!field.name || field.disabled || passing.has(field.name) || !(isBox || values.length)) continue;
        const before = stateOf(field);
        if (isBox) field.checked = values.includes(field.value);
        else if (field.multiple) for (const option of field.options) option.selected = values.includes(option.value);
        else field.value = values.shift();
        if (stateOf(field) === before) continue;
        field.dispatchEvent(new Event("input", { bubbles: true }));
        field.dispatchEvent(new Event("change", { bubbles: true }));
        if (field.dataset.controller === "w-tag") {
          field.nextElementSibling.remove(); // the tags as they were, which it draws once
          field.replaceWith(field.cloneNode());
        }
      }
      return true;
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
        return false;
      }
    }
    const carrier = Object.assign(document.createElement("form"), { method: "post", action: form.action, enctype: "multipart/form-data" });
    for (const [name, value] of body) {
      carrier.append(Object.assign(document.createElement("textarea"), { name, value }));
    }
    carrier.hidden = true;
    carrier.addEventListener("submit", () => {
      store(key, { ...load(key), isSent: true });
      sessionStorage.setItem(SENT, key);
    });
    document.body.append(carrier);
    carrier.requestSubmit();
    return false;
  };

  // An image or a document uploaded among others has a page of its own, whose fields have no prefix:
  // what was typed about it is offered there (its addresses as in Wagtail 7.4).
  const UPLOADED = /^(.*\/)multiple\/(\d+)\/$/;
  const startOf = (form) => {
    const [, area, pk] = UPLOADED.exec(form.getAttribute("action")) ?? [];
    if (pk) return `${PREFIX}${user} ${area.replace("documents/", "documents/edit/")}${pk}/ w-editor-form `;
    return `${PREFIX}${user} ${location.pathname} ${form.getAttribute("id") ?? form.getAttribute("action")} `;
  };
  const newKey = (form) => startOf(form) + Math.random(); // two windows of one page keep apart

  const lineOf = (text) => {
    const line = Object.assign(document.createElement("div"), { className: "help-block help-warning unsaved w-form-width" });
    line.setAttribute("role", "status");
    line.append(text);
    return line;
  };

  const CHOOSER = "form[data-chooser-modal-creation-form]";
  const FORMS = `form[data-edit-form], main form[method=post i]:has(textarea, input[type=text]), ${CHOOSER}`;
  const watched = new WeakSet();
  const watchAll = () => {
    for (const form of document.querySelectorAll(FORMS)) {
      if (!watched.has(form)) watch(form);
      watched.add(form);
    }
  };

  const own = new Set(); // the keys of this window
  const watch = (form) => {
    let key = newKey(form);
    const isUploaded = UPLOADED.test(form.getAttribute("action"));
    const isReply = ([name]) => form.elements[name]?.dataset?.replyDraft; // kept by reply_drafts.js
    const serialise = () => {
      const data = new FormData(form);
      for (const { value, parentElement } of form.querySelectorAll(".tagit-new input")) {
        const { name } = parentElement.parentElement.previousElementSibling; // a tag that is being typed
        if (value) data.set(name, [data.get(name), value].filter(Boolean).join());
      }
      const fields = fieldsOf(data).filter((one) => !isReply(one));
      return JSON.stringify(isUploaded ? fields.map(([name, value]) => [name.replace(/^(doc|image)-\d+-/, ""), value]) : fields);
    };
    const first = serialise();
    let clean = first; // what the server has
    let isTouched = false;
    let saved = null;
    let sent = null; // by the form itself, which the next page answers
    let sending = null;
    let timer = null;
    const keep = () => {
      clearTimeout(timer);
      if (isSignedOut || !form.isConnected) return;
      const now = serialise();
      if (!key.startsWith(startOf(form))) {
        localStorage.removeItem(key); // its first autosave gave a new page its address
        key = newKey(form);
      }
      if (now === saved || now === clean) localStorage.removeItem(key);
      else store(key, { at: Date.now(), fields: now, isSent: now === sent });
      own.add(key);
    };
    const changed = () => {
      isTouched = true;
      clearTimeout(timer);
      timer = setTimeout(keep, PAUSE);
    };
    for (const type of TYPING) form.addEventListener(type, changed);
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
      sent = serialise();
      keep();
      sessionStorage.setItem(SENT, key);
    });
    // A form that is sent without leaving the page: of an upload among others, or in a chooser
    const answered = (event, { responseText }, { url }) => {
      if (!new URL(url, location.href).href.startsWith(form.action)) return;
      const { success, step } = JSON.parse(responseText);
      if (!success && [undefined, "reshow_creation_form"].includes(step)) return;
      saved = url === form.action ? sent : serialise(); // or it is deleted
      localStorage.removeItem(key);
    };
    if (isUploaded || form.matches(CHOOSER)) jQuery(document).on("ajaxSuccess", answered);
    const leave = () => isTouched && keep();
    addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", () => document.hidden && leave());

    const offer = (other, draft) => {
      const line = lineOf(`What you typed here at ${moment(draft.at)} was not saved. `);
      const button = (label, act) => {
        const one = Object.assign(document.createElement("button"), { type: "button", className: "button button-small button-secondary", textContent: label });
        one.addEventListener("click", act);
        line.append(one, " ");
      };
      button("Bring it back", async () => {
        line.remove();
        keep();
        const before = load(key); // not typed over: it is offered in its turn
        if (before) {
          offer(key, before);
          key = newKey(form);
        }
        const isHere = await bringBack(form, JSON.parse(draft.fields), other).catch(() => form.prepend(line));
        if (!isHere) return;
        keep();
        if (load(key)) localStorage.removeItem(other); // it is this window's from now on
      });
      button("Throw it away", () => {
        line.remove();
        localStorage.removeItem(other);
      });
      form.prepend(line);
    };
    const isBack = (other) => other === sessionStorage.getItem(SENT) && document.querySelector(".messages .error");
    const drafts = stored(startOf(form)).map((other) => [other, load(other)]);
    for (const [other, draft] of drafts.sort(([, one], [, two]) => one.at - two.at)) {
      // The page has it, and it is not known to be saved.
      if (draft.fields === first || isBack(other) || own.has(other)) [key, clean] = [other, null];
      else if (!isUploaded) offer(other, draft);
    }
  };

  addEventListener("DOMContentLoaded", () => {
    // A success is that of the form which this tab sent last, and of no other that failed before.
    // What was typed until this page came was not sent.
    if (document.querySelector(".messages .success")) {
      const key = sessionStorage.getItem(SENT);
      const draft = load(key);
      const form = document.querySelector("form[data-edit-form]"); // a new page's has a new address
      if (draft) localStorage.removeItem(key);
      if (draft && !draft.isSent) store(form ? newKey(form) : key, draft);
      sessionStorage.removeItem(SENT);
    }
    watchAll();
    // Whatever comes later is there before anything is typed into it.
    for (const type of ["focusin", "pointerdown"]) addEventListener(type, watchAll);
    const uploads = document.querySelector("#upload-list");
    const area = location.pathname.replace("multiple/add/", "");
    for (const key of uploads ? stored(`${PREFIX}${user} ${area}`) : []) {
      const { at, fields } = load(key);
      const { title } = Object.fromEntries(JSON.parse(fields));
      const line = lineOf(`What you typed about “${title}” at ${moment(at)} was not saved. `);
      const button = { className: "button button-small button-secondary", href: key.split(" ")[2], textContent: "Open it" };
      line.append(Object.assign(document.createElement("a"), button));
      uploads.before(line);
    }
  });
})();
