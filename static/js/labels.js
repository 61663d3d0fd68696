// Wagtail leaves rich texts and the plain fields of a list without a name for screen readers (WCAG
// 2.2, 4.1.2): they get the words of the nearest label or panel around them.
const FIELDS = "[data-field-input] :is([role=textbox], input:not([type=hidden]), textarea, select)";
const WORDS = `:scope > .w-field__label,
  :scope > .w-panel__header :is(.c-sf-block__type, [data-panel-heading-text])`;

const name = (field) => {
  if (field.labels?.length || field.ariaLabel || field.hasAttribute("aria-labelledby")) return;
  let words = null;
  for (let around = field; around && !words; around = around.parentElement) {
    words = around.querySelector(WORDS);
  }
  if (words) field.ariaLabel = words.textContent.replace("*", "").trim();
};

const nameAll = () => document.querySelectorAll(FIELDS).forEach(name);
nameAll();
new MutationObserver((changes) => {
  if (changes.some(({ addedNodes }) => [...addedNodes].some((node) => node.matches?.("div, section"))))
    nameAll();
}).observe(document.body, { childList: true, subtree: true });
