// A stored text shows its words until it comes near the screen or is focused, then its editor.
(() => {
  const NEAR = "1000px";
  const waiting = new WeakMap();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) waiting.get(target)?.();
    },
    { rootMargin: NEAR, scrollMargin: NEAR }, // the editor scrolls inside the page
  );

  // As its editor writes a text anew once it begins: that is no change, and need not be saved.
  const asWritten = (state) => {
    const { createEditorStateFromRaw, serialiseEditorStateToRaw } = window.Draftail;
    return JSON.stringify(serialiseEditorStateToRaw(createEditorStateFromRaw(JSON.parse(state))));
  };

  class Waiting {
    constructor(begin, place, input, words) {
      this.input = input;
      this.words = words;
      this.begin = () => {
        observer.unobserve(words);
        words.removeEventListener("focus", onFocus);
        this.begin = () => this.editor;
        input.remove();
        words.remove();
        this.editor = begin(input.value);
        if (this.isInvalid) this.editor.setInvalid(true);
        if (this.capabilities) {
          for (const [name, options] of this.capabilities) {
            this.editor.setCapabilityOptions(name, options);
          }
        }
        return this.editor;
      };
      const onFocus = () => this.focus();
      words.addEventListener("focus", onFocus);
      waiting.set(words, () => this.begin());
      place.append(input, words);
      observer.observe(words);
    }
    getValue() {
      return (this.editor?.input ?? this.input).value;
    }
    getState() {
      return this.begin().getState();
    }
    setState(state) {
      this.begin().setState(state);
    }
    setInvalid(isInvalid) {
      this.isInvalid = isInvalid;
      this.editor?.setInvalid(isInvalid);
    }
    getTextLabel(options) {
      if (this.editor) return this.editor.getTextLabel(options);
      const text = this.words.textContent;
      const most = options?.maxLength;
      return most && text.length > most ? `${text.slice(0, most - 1)}…` : text;
    }
    focus() {
      this.begin().focus();
    }
    setCapabilityOptions(name, options) {
      if (this.editor) this.editor.setCapabilityOptions(name, options);
      else (this.capabilities ??= new Map()).set(name, options);
    }
  }

  class WaitingRichTextArea extends window.draftail.DraftailRichTextArea {
    render(place, name, id, state, parentCapabilities, options = {}) {
      const begin = (value) => super.render(place, name, id, value, parentCapabilities, options);
      if (typeof state !== "string" || !state) return begin(state);
      const value = asWritten(state);
      const blocks = JSON.parse(value)?.blocks;
      if (!blocks?.some((block) => block.text)) return begin(value);
      const input = Object.assign(document.createElement("input"), {
        type: "hidden",
        id,
        name,
        value,
      });
      const words = Object.assign(document.createElement("div"), {
        className: "waiting-text",
        tabIndex: 0,
      });
      for (const { text } of blocks) {
        words.append(Object.assign(document.createElement("p"), { textContent: text }));
      }
      return new Waiting(begin, place, input, words);
    }
  }

  // An editor hands its text to the form a quarter of a second after the last change: too late for
  // whoever saves or closes the tab at once.
  const handOver = () => {
    for (const input of document.querySelectorAll("input[type=hidden]")) {
      input.draftailEditor?.saveState();
    }
  };
  for (const name of ["submit", "pagehide", "visibilitychange"]) {
    addEventListener(name, handOver, true);
  }

  window.telepath.register("vasite.WaitingRichTextArea", WaitingRichTextArea);
})();
