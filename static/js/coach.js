// The editor's panel "Found by search": asks for findings at each pause in typing and leads to
// the place that a finding is about.
const PAUSE = 200; // milliseconds without a change
const EVERY = 100;

const form = document.querySelector("form[data-edit-form]");
const panel = document.querySelector("[data-coach-content]");

// Open at first; whoever closes it finds it closed, as Wagtail remembers.
addEventListener("load", () => {
  if (localStorage.getItem("wagtail:side-panel-open") === null && innerWidth >= 1280) {
    const name = panel ? "checks" : "preview"; // of what no search engine reads, such as a letter
    document.querySelector(`[data-side-panel-toggle=${name}]`)?.click();
  }
});

if (form && panel) {
  // ".../edit/" and ".../add/blog/blogpostpage/12/" have the panel's address below them.
  const address = () => `${location.pathname.replace(/\/$/, "")}/coach/`;
  let sent = "";
  let last = "";
  let steadySince = 0;

  const review = async (fields) => {
    sent = fields;
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    const answer = await fetch(address(), { method: "POST", headers, body: fields });
    if (answer.ok && fields === sent) panel.innerHTML = await answer.text();
  };
  const look = () => {
    const fields = new URLSearchParams(new FormData(form)).toString();
    const now = Date.now();
    if (fields !== last) {
      last = fields;
      steadySince = now;
    } else if (fields !== sent && now - steadySince >= PAUSE) {
      review(fields).catch(() => {
        sent = ""; // offline for a moment: asked again at the next look
      });
    }
  };

  addEventListener("load", () => setInterval(() => document.hidden || look(), EVERY));

  const find = (place) =>
    document.querySelector(`[data-contentpath="${CSS.escape(place)}"]`) ??
    document.getElementById(`id_${place}`)?.closest("[data-contentpath], section, .w-field") ??
    document.getElementById("panel-child-content-body-section");
  panel.addEventListener("click", (event) => {
    const place = event.target.closest("[data-coach-place]")?.dataset.coachPlace;
    const target = place && find(place);
    if (!target) return;
    const tab = target.closest("[role=tabpanel]");
    if (tab?.hidden) document.querySelector(`[role=tab][href="#${tab.id}"]`)?.click();
    target.scrollIntoView({ block: "center" });
    const field = target.querySelector("input:not([type=hidden]), textarea, [contenteditable=true], .waiting-text");
    (field ?? target).focus({ preventScroll: true });
    target.classList.add("coach-shown");
    setTimeout(() => target.classList.remove("coach-shown"), 2000);
  });
}
