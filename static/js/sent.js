// The server has taken what this tab sent last, and said so by leading here: its draft has done its
// work. That of a form whose sending failed before is still wanted, and what was typed after sending.
try {
  const key = sessionStorage.getItem("draft-sent");
  if (JSON.parse(localStorage.getItem(key))?.sentAt) localStorage.removeItem(key);
} catch {
  // no storage, no draft
}
