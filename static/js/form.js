// Pays for a form with a moment of work (ALTCHA 2, PBKDF2) and says how long it took to fill in.
// Without it the form is sent all the same, and judged a little more strictly.
const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hex = (buffer) => [...buffer].map((byte) => byte.toString(16).padStart(2, "0")).join("");

async function solve(challenge) {
  const { nonce, salt, cost, keyLength, keyPrefix } = challenge.parameters;
  const password = new Uint8Array([...bytes(nonce), 0, 0, 0, 0]);
  const counterAt = new DataView(password.buffer, password.length - 4);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost };
  for (let counter = 0; ; counter++) {
    counterAt.setUint32(0, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const bits = await crypto.subtle.deriveBits(how, key, keyLength * 8);
    const derivedKey = hex(new Uint8Array(bits));
    if (derivedKey.startsWith(keyPrefix)) return { counter, derivedKey };
  }
}

function hide(form, name, value) {
  const input = form.querySelector(`input[name="${name}"]`) ?? document.createElement("input");
  Object.assign(input, { type: "hidden", name, value });
  form.append(input);
}

// A slow line takes seconds: what happens is seen, and heard by a screen reader.
function say(form, words) {
  const status = form.querySelector(".sending") ?? document.createElement("p");
  status.className = "sending field-hint";
  status.setAttribute("role", "status");
  form.append(status);
  status.textContent = words;
}

async function send(event) {
  const form = event.target;
  event.preventDefault();
  if (form.ariaBusy === "true") return; // pressed twice
  form.ariaBusy = "true";
  say(form, "Sending …");
  hide(form, "seconds", ((performance.now() - (form.dataset.begun ?? 0)) / 1000).toFixed(1));
  try {
    const answer = await fetch(form.dataset.challenge, { signal: AbortSignal.timeout(5000) });
    const challenge = await answer.json();
    const solution = await solve(challenge);
    hide(form, "altcha", btoa(JSON.stringify({ challenge, solution })));
  } catch {
    // no network just now, or no secure context: the form itself may still get through
  }
  form.submit();
}

for (const form of document.querySelectorAll("form[data-challenge]")) {
  form.addEventListener("submit", send);
  form.dataset.ready = "1";
}
// Back from the next page: the form may be sent anew.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[aria-busy]")) {
    form.ariaBusy = null;
    say(form, "");
  }
});
