// Suggests pages while somebody types: WAI-ARIA's combobox whose options are followed like links.
const WAIT = 150;

for (const [number, input] of document.querySelectorAll("input[data-suggest]").entries()) {
  const list = document.createElement("ul");
  list.id = `suggestions-${number}`;
  list.className = "suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions");
  list.hidden = true;
  input.parentElement.append(list);
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  let active = -1;
  let timer;
  let asked = new AbortController();

  const show = (isOpen) => {
    list.hidden = !isOpen;
    input.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) choose(-1);
  };
  const choose = (index) => {
    active = index;
    for (const [place, option] of [...list.children].entries()) {
      option.setAttribute("aria-selected", String(place === active));
    }
    if (active < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", list.children[active].id);
  };
  const follow = (option) => {
    if (option.dataset.url) location.assign(option.dataset.url);
  };
  const suggest = async () => {
    asked.abort();
    asked = new AbortController();
    const address = `${input.dataset.suggest}?q=${encodeURIComponent(input.value.trim())}`;
    try {
      const pages = await (await fetch(address, { signal: asked.signal })).json();
      list.replaceChildren(
        ...pages.map((page, place) => {
          const option = document.createElement("li");
          option.id = `${list.id}-${place}`;
          option.dataset.url = page.url;
          option.textContent = page.title;
          option.setAttribute("role", "option");
          return option;
        }),
      );
      choose(-1);
      show(pages.length > 0);
    } catch {
      show(false); // the form still works
    }
  };

  const listen = () => {
    clearTimeout(timer);
    if (input.value.trim()) timer = setTimeout(suggest, WAIT);
    else show(false);
  };
  show(false);
  input.addEventListener("input", listen);
  if (input === document.activeElement) listen(); // typed already
  input.addEventListener("keydown", (event) => {
    const count = list.children.length;
    if (list.hidden) return;
    if (event.key === "Escape") show(false);
    else if (event.key === "ArrowDown") choose((active + 1) % count);
    else if (event.key === "ArrowUp") choose((active < 1 ? count : active) - 1);
    else if (event.key === "Enter" && active >= 0) follow(list.children[active]);
    else return;
    event.preventDefault();
  });
  input.addEventListener("blur", () => show(false));
  // Before the input loses its focus, which would hide what is pressed.
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    follow(event.target);
  });
}

// The header's search opens with the cursor in it, and closes like a menu.
const box = document.querySelector("details.header-search");
const close = () => {
  box.open = false;
};
const begin = () => box.open && box.querySelector("input").focus();
if (document.activeElement === box.querySelector("summary")) begin(); // opened already
box.addEventListener("toggle", begin);
box.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || !box.open) return;
  close();
  box.querySelector("summary").focus();
});
box.addEventListener("focusout", (event) => box.contains(event.relatedTarget) || close());
document.addEventListener("pointerdown", (event) => box.contains(event.target) || close());
