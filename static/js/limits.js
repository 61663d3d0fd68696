// A browser cuts what is pasted to the length of its field, without a word; the server refuses what is
// too long, says so and gives all of it back. A file is not given back: what the server would refuse
// beside one is said before the form is sent.
(() => {
  const TAG_LENGTH = 100; // taggit's
  addEventListener("focusin", ({ target }) => {
    if (target.maxLength > 0) target.dataset.limit = target.maxLength;
    target.removeAttribute?.("maxlength");
  });
  const tooLong = (text, limit) => {
    const { length } = [...text.trim()];
    return length > limit ? `This has ${length} characters. Use at most ${limit}.` : "";
  };
  const faultOf = ({ value, required, dataset, maxLength }) => {
    if (dataset.controller === "w-tag") {
      return value.split(",").map((tag) => tooLong(tag.replaceAll('"', ""), TAG_LENGTH)).find(Boolean);
    }
    if (required && !value.trim()) return "Fill in this field.";
    return tooLong(value, dataset.limit ?? (maxLength > 0 ? maxLength : Infinity));
  };
  // As the button is pressed, before Wagtail makes it wait for an answer
  addEventListener(
    "click",
    (event) => {
      const button = event.target.closest?.("button");
      const form = button?.type === "submit" && button.form;
      if (!form || ![...form.elements].some(({ files }) => files?.length)) return;
      for (const field of form.querySelectorAll("input[name]:not([type=file], [type=hidden], [type=password]), textarea[name]")) {
        const fault = faultOf(field);
        const shown = field.dataset.controller === "w-tag" ? field.nextElementSibling.querySelector("input") : field;
        shown.setCustomValidity(fault ?? "");
        if (!fault || !shown.checkVisibility()) continue; // in another tab: the server says so
        event.preventDefault();
        event.stopImmediatePropagation();
        shown.reportValidity();
        return;
      }
    },
    true,
  );
})();
