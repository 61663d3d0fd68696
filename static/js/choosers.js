// Wagtail's choosers give the focus to a button that is hidden, so that it stays in the text beside
// them, or nowhere: what is typed next would land in the wrong place.
const focus = (widget) => {
  const buttons = [...widget.chooserElement.querySelectorAll("button")];
  buttons.find((button) => button.offsetParent)?.focus();
};
for (const { prototype } of Object.values(window.telepath?.constructors ?? {})) {
  if (!prototype?.openModal) continue; // no chooser
  const { render } = prototype;
  prototype.render = function (...place) {
    const widget = render.apply(this, place);
    widget.focus = () => focus(widget);
    // Closing, the dialog gives the focus to the button that opened it, which is hidden by now.
    widget.addEventListener("chosen", () => jQuery(document).one("hidden.bs.modal", widget.focus));
    return widget;
  };
}

// Closed without a choice, the dialog of a link leaves the focus nowhere: what is typed next would be
// lost, and an undo would change the text behind its editor's back.
let editor = null;
jQuery(document).on("show.bs.modal", () => {
  const inputs = [...document.querySelectorAll("input[type=hidden]")];
  editor = inputs.find((input) => input.draftailEditor?.state.sourceOptions)?.draftailEditor;
});
jQuery(document).on("hidden.bs.modal", () => {
  if (!editor || document.activeElement !== document.body) return;
  const selection = editor.getEditorState().getSelection(); // which the focus takes to the start
  editor.focus();
  editor.onChange(window.DraftJS.EditorState.forceSelection(editor.getEditorState(), selection));
});
