// The calendars and lists of times beside the admin's fields: they never rewrite what was typed,
// and open below their field instead of over the button that saves.
(() => {
  const leaving = ["blur", "focusout", "mousedown", "touchstart"];
  Object.assign(jQuery.fn.datetimepicker.defaults, {
    validateOnBlur: false, // it replaces what it can't read by the present moment
    scrollInput: false, // or the mouse wheel changes the time
    enterLikeTab: false, // or Enter goes on to the next button, and a second one presses it
    onShow(moment, input) {
      input.after(this);
    },
    // To close it on leaving would move the button away from under the pointer.
    onClose: () => !leaving.includes(window.event?.type),
  });
  const close = (field) => jQuery(field).data("xdsoft_datetimepicker")?.trigger("close.xdsoft");
  document.addEventListener("input", (event) => close(event.target));
  document.addEventListener("keydown", (event) => {
    const picker = jQuery(event.target).data("xdsoft_datetimepicker");
    if (event.key !== "Escape" || !picker?.is(":visible")) return;
    event.stopPropagation(); // or the dialog around it closes
    close(event.target);
  }, true);
  let last = null;
  document.addEventListener("focusin", ({ target }) => {
    if (!target.matches("input, select, textarea, [contenteditable]")) return;
    if (last && last !== target) jQuery(last).data("xdsoft_datetimepicker")?.hide();
    last = target;
  });
})();
