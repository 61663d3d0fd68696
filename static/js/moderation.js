// Comments by keyboard: j and k go down and up, a, s, x press the button of the row, u undoes.
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select, [contenteditable]");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const rows = [...document.querySelectorAll("[data-comment]")];
  if (!rows.length && event.key !== "u") return;
  const place = rows.indexOf(document.activeElement.closest("[data-comment]"));
  if (event.key === "j") rows[Math.min(place + 1, rows.length - 1)].focus();
  else if (event.key === "k") rows[Math.max(place - 1, 0)].focus();
  else if (event.key === "u") document.querySelector(".undo button")?.click();
  else if (["a", "s", "x"].includes(event.key)) {
    rows[Math.max(place, 0)].querySelector(`[data-key="${event.key}"]`)?.click();
  } else return;
  event.preventDefault();
});
