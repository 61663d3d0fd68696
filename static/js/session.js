// A session that has ended costs no word: the password is asked for over the text, and what was
// under way goes on. A form is sent once the session is known to stand.
(() => {
  if (!document.querySelector("meta[name=user]")) return; // the sign-in page itself
  const ask = window.fetch.bind(window);
  const SESSION = "/admin/session/";
  const PAUSE = 800; // milliseconds in which nothing was typed or dictated
  let lastInput = -PAUSE;
  let isComposing = false; // dictating, or typing a script of many signs
  const note = ({ type }) => {
    lastInput = performance.now();
    if (/^composition|^focusout/.test(type)) isComposing = type === "compositionstart";
  };
  for (const type of ["keydown", "input", "compositionstart", "compositionend", "focusout"]) addEventListener(type, note, true);
  let asking = null;
  let saving = Promise.resolve();
  let pinging = Promise.resolve();
  let leaving = null; // while a form is being sent: resolved if the page stays

  const read = async (options) => {
    const answer = await ask(SESSION, { headers: { Accept: "application/json" }, ...options });
    if (answer.status === 429 || answer.status === 403) {
      return { error: "That was the wrong password too often. Wait a quarter of an hour; your text stays here." };
    }
    const state = await answer.json();
    if (state.csrf_token) {
      for (const input of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) {
        input.value = state.csrf_token;
      }
    }
    return state;
  };

  const dialogOf = () => {
    const dialog = document.createElement("dialog");
    dialog.className = "sign-in";
    dialog.setAttribute("aria-labelledby", "sign-in-heading");
    dialog.innerHTML = `<form method="post">
      <h2 id="sign-in-heading" tabindex="-1">Sign in to go on</h2>
      <p>You were signed out. Your text is still here, and is saved as soon as you are back.</p>
      <p class="sign-in-error" role="alert"></p>
      <p><label for="sign-in-name">Username</label><input id="sign-in-name" name="username" autocomplete="username" required></p>
      <p><label for="sign-in-password">Password</label><input id="sign-in-password" name="password" type="password" autocomplete="current-password" required></p>
      <p><button class="button" type="submit">Sign in</button></p>
    </form>`;
    return dialog;
  };

  const signIn = () => {
    asking ??= new Promise((done) => {
      const dialog = dialogOf();
      const form = dialog.querySelector("form");
      const error = dialog.querySelector(".sign-in-error");
      let token = "";
      let looking = null;
      const look = async () => {
        const state = await read();
        token = state.csrf_token ?? token;
        if (state.is_signed_in) finish();
      };
      const finish = () => {
        clearInterval(looking);
        dialog.remove();
        asking = null;
        done();
      };
      form.addEventListener("submit", async (event) => {
        event.preventDefault();
        error.textContent = "";
        const body = new FormData(form);
        body.set("csrfmiddlewaretoken", token);
        try {
          const state = await read({ method: "POST", body });
          if (state.is_signed_in) finish();
          else error.textContent = state.error;
        } catch {
          error.textContent = "The website can’t be reached just now. Try again in a moment.";
        }
      });
      dialog.addEventListener("cancel", (event) => event.preventDefault());
      document.body.append(dialog);
      const open = () => {
        if (isComposing || performance.now() - lastInput < PAUSE) {
          setTimeout(open, PAUSE); // what is being written must not go into the dialog
          return;
        }
        if (!dialog.isConnected) return;
        dialog.showModal();
        dialog.querySelector("h2").focus();
      };
      open();
      looking = setInterval(() => look().catch(() => {}), 1000); // signed in in another tab?
      look().catch(() => {});
    });
    return asking;
  };

  const isSignedOut = (answer) =>
    answer.status === 401 || (answer.redirected && new URL(answer.url).pathname === "/admin/login/");

  // Autosave or a reply's draft, and neither a ping nor the preview
  const isOfForm = (url) =>
    document.querySelector(`[data-reply-draft="${CSS.escape(url.pathname)}"]`) ||
    [...document.forms].some((form) => form.method === "post" && new URL(form.getAttribute("action") ?? "", location.href).pathname === url.pathname);

  window.fetch = async (input, options) => {
    const url = new URL(input.url ?? input, location.href);
    if (url.origin !== location.origin || !url.pathname.startsWith("/admin/")) return ask(input, options);
    const send = async () => {
      let answer = await ask(input, options);
      while (isSignedOut(answer)) {
        await signIn();
        answer = await ask(input, options);
      }
      return answer;
    };
    const isPing = url.pathname.startsWith("/admin/editing-sessions/");
    const isLast = options?.keepalive; // of a page that is being left
    const isSave = !isLast && options?.method?.toLowerCase() === "post" && isOfForm(url);
    if (isSave) await leaving; // the form that is being sent brings it along
    // Wagtail's look for other windows, overtaken by a save, takes that for another window's.
    const sent = isSave ? pinging.then(send) : send();
    if (isPing) pinging = sent.catch(() => {});
    if (isSave) {
      // Its reader comes first, who may give the form another address.
      const taken = sent.then((one) => one.clone().text()).then(() => new Promise((done) => setTimeout(done)));
      saving = Promise.allSettled([saving, taken]);
    }
    return sent;
  };

  // What Wagtail asks by jQuery (choosers, uploads, the privacy of a page) goes on in the same way.
  // Its views answer 403 there to who is signed out and to who has no right.
  jQuery.ajaxTransport("+*", (settings) => {
    const url = new URL(settings.url, location.href);
    if (url.origin !== location.origin || !url.pathname.startsWith("/admin/")) return undefined;
    let request;
    return {
      send(headers, complete) {
        request = settings.xhr();
        request.open(settings.type, settings.url);
        const all = { ...headers, "X-Requested-With": "XMLHttpRequest" };
        for (const [name, value] of Object.entries(all)) request.setRequestHeader(name, value);
        request.onloadend = async () => {
          const isRefused = [401, 403].includes(request.status);
          const state = isRefused ? await read().catch(() => ({})) : {};
          if (state.is_signed_in === false) {
            await signIn();
            this.send(headers, complete);
          } else complete(request.status, request.statusText, { text: request.responseText }, request.getAllResponseHeaders());
        };
        request.send((settings.hasContent && settings.data) || null);
      },
      abort() {
        request.onloadend = null;
        request.abort();
      },
    };
  });

  const LEAVING = 20_000; // milliseconds for the next page to come
  const SAVING = 30_000;
  // Or a page that autosave is just making would be made twice, and an older text could come last
  const saved = () => Promise.race([saving, new Promise((done) => setTimeout(done, SAVING))]);

  const passing = new WeakMap();
  const waiting = new WeakSet();
  addEventListener(
    "submit",
    async (event) => {
      const { target: form, submitter } = event;
      const isOurs = form.method === "post" && !form.closest("dialog.sign-in") && !/\/logout\/$/.test(form.getAttribute("action"));
      if (!isOurs) return;
      if (passing.has(form)) {
        passing.set(form, event);
        return;
      }
      event.preventDefault();
      event.stopImmediatePropagation();
      if (waiting.has(form)) return; // pressed twice
      waiting.add(form);
      let stay;
      try {
        leaving = new Promise((done) => (stay = done));
        await saved();
        const state = await read();
        if (state.is_signed_in === false) {
          await signIn();
          await saved();
        }
      } catch {
        // no network: the browser says so itself
      }
      passing.set(form, null);
      const wasDisabled = submitter?.disabled;
      if (wasDisabled) submitter.disabled = false; // or its name would not be sent
      form.requestSubmit(submitter?.form === form ? submitter : undefined);
      if (wasDisabled) submitter.disabled = true;
      const sent = passing.get(form);
      passing.delete(form);
      const goOn = () => {
        waiting.delete(form);
        leaving = null;
        stay();
      };
      // Another button pressed until the next page is there would send all of it again
      if (sent && !sent.defaultPrevented) setTimeout(goOn, LEAVING);
      else goOn();
    },
    true,
  );
})();
