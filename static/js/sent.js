// The server has taken what this tab sent last, and said so by leading here: its draft has done its
// work. That of a form whose sending failed before is still wanted.
localStorage.removeItem(sessionStorage.getItem("draft-sent"));
