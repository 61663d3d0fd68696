// Pasting into the rich text editor: what its own reader would drop or glue together (tables,
// definition lists, captions, blocks in blocks) becomes paragraphs, and what is left out is said.
(() => {
  const EDITOR = ".public-DraftEditor-content";
  const OWN = /data-draftjs-conductor-fragment|data-editor=/; // copied from an editor like this
  const BLOCK =
    "address,article,aside,blockquote,body,caption,center,dd,details,dialog,div,dl,dt,fieldset," +
    "figcaption,figure,footer,form,h1,h2,h3,h4,h5,h6,header,hgroup,hr,legend,li,main,nav,ol," +
    "optgroup,option,p,pre,section,summary,table,tbody,td,tfoot,th,thead,tr,ul";
  const LIST = "dir,menu,ol,ul";
  const WHOLE = "h1,h2,h3,h4,h5,h6,li,p,pre";
  const HIDDEN =
    "script,style,template,title,[hidden],[style*='mso-hide:all']," +
    "[style*='display:none' i],[style*='display: none' i]";
  const MEDIA = "audio,canvas,embed,iframe,object,svg,video";
  // At the head of a paragraph the editor takes these for the marks of a list, drops them, and counts
  // from 1. A hard blank behind them keeps them as they were typed.
  const TYPED = /^([^\S\n]*(?:[§o]|1?\d\.|[a-z]\.|x?(?:i{1,3}|iv|vi{0,3}|ix|x)\.))[ \t\r\n\u00a0]/;
  const HARD_BLANK = "\ue000"; // until it is written as a number: the editor makes blanks of &nbsp;
  const TYPED_LINES = new RegExp(TYPED, "gm");

  const LETTERS = new Intl.Segmenter(); // a family of four is one

  const isBlank = (node) => !node.textContent.trim();
  const element = (name, ...children) => {
    const made = document.createElement(name);
    made.append(...children);
    return made;
  };

  // What a browser copies of a style sheet: blocks, and the items of a row or a grid
  const APART = /^(block|flex|grid|list-item|table)/;
  const ROW = /^(inline-)?(flex|grid)/;
  const isApart = (node) =>
    APART.test(node.style.display) || ROW.test(node.parentElement.style.display);

  // Words that only a style sheet sets apart would be glued together.
  function setApart(body) {
    for (const node of body.querySelectorAll("[style*=display], [style*=display] > *")) {
      if (node.matches(BLOCK) || !isApart(node)) continue;
      if (node.parentElement.closest(WHOLE)) {
        node.before(" ");
        node.after(" ");
      } else {
        const block = element("div");
        node.replaceWith(block);
        block.append(node);
      }
    }
  }

  const SIGNS = "0123456789-−";
  const RAISED = { sub: "₀₁₂₃₄₅₆₇₈₉₋₋", sup: "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻", super: "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻" };

  // What means something else without its element: 10⁶ is not 106.
  function spellOut(body) {
    for (const quote of body.querySelectorAll("q")) {
      quote.prepend("“");
      quote.append("”");
    }
    for (const node of body.querySelectorAll("sub,sup,[style*=vertical-align]")) {
      const raised = RAISED[node.localName] ?? RAISED[node.style.verticalAlign];
      if (!raised || !/^[\s\d−-]+$/.test(node.textContent)) continue;
      const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const text = walker.currentNode;
        text.data = [...text.data].map((sign) => raised[SIGNS.indexOf(sign)] ?? sign).join("");
      }
    }
  }

  // The boxes of a list of tasks: the editor would drop them, and with them what is done.
  function keepTicks(body) {
    for (const box of body.querySelectorAll("li[data-checked],[role=checkbox],input[type=checkbox]")) {
      if (!box.isConnected) continue;
      const sign = box.matches(":checked,[aria-checked=true],[data-checked=true]") ? "☑ " : "☐ ";
      box.querySelector(":scope > img[aria-roledescription=checkbox], :scope > label > input")?.remove();
      if (box.localName === "input") box.replaceWith(sign);
      else (box.querySelector(":scope > p, :scope > div > p") ?? box).prepend(sign);
    }
  }

  const CROSSED_OUT = "del,s,strike,[style*=line-through]";
  const COUNTED = 'ol[start]:not([start="1"]),ol[type]:not([type="1"]),ol[reversed],ol > li[value]';
  const WORD_ITEM = "p[style*=mso-list]";
  // Word writes the marks of its lists as text.
  const isCountedByWord = (item) =>
    /^\s*[a-z]+[.)]/i.test(item.textContent) ||
    (/^\s*(?!1\D)\d/.test(item.textContent) && !item.previousElementSibling?.matches(WORD_ITEM));
  const isLost = (link) =>
    !/^(https?|mailto):/.test(link.href) && !/^#/.test(link.getAttribute("href"));

  // The content of a cell on one line, with its links and its bold words
  function line(cell) {
    for (const block of cell.querySelectorAll(`${BLOCK},br`)) {
      block.replaceWith(" ", ...block.childNodes, " ");
    }
    cell.normalize();
    return [...cell.childNodes];
  }

  // A row is a line when each cell holds one piece of text; else each cell stands for itself.
  function lines(row) {
    const cells = [...row.cells];
    const isLine = cells.every(
      (cell) => [...cell.querySelectorAll("p,div,li,h1,h2,h3,h4,h5,h6")].filter(
        (block) => !isBlank(block) && !block.querySelector("p,div,li"),
      ).length <= 1,
    );
    if (isBlank(row)) return [];
    if (cells.length < 2 || !isLine) return cells.map((cell) => element("div", ...cell.childNodes));
    const made = element("p");
    cells.forEach((cell, place) => {
      if (place) made.append(" | ");
      made.append(...line(cell));
    });
    return [made];
  }

  function unfoldTables(body) {
    const tables = [...body.querySelectorAll("table")].reverse(); // the inner ones first
    for (const table of tables) {
      const caption = table.caption ? [element("p", ...line(table.caption))] : [];
      table.replaceWith(...caption, ...[...table.rows].flatMap(lines));
    }
    return tables.length;
  }

  // The blocks below a node, none inside another; `around` are the links and styles above them.
  function flatten(node, around = []) {
    const blocks = [];
    let open = null;
    const wrapped = (block, children) => {
      const inner = around.reduceRight((kept, one) => {
        const wrapper = one.cloneNode(false);
        wrapper.append(...kept);
        return [wrapper];
      }, children);
      block.append(...inner);
      return block;
    };
    for (const child of [...node.childNodes]) {
      const isElement = child.nodeType === Node.ELEMENT_NODE;
      const holdsBlocks = isElement && child.querySelector(BLOCK);
      if (child.nodeType === Node.COMMENT_NODE) continue;
      if (isElement && child.matches(LIST)) {
        for (const block of child.querySelectorAll(BLOCK)) {
          const item = block.closest("li");
          if (item && !block.matches(`${LIST},li`)) item.replaceChildren(...flatten(item));
        }
        blocks.push(child);
        open = null;
      } else if (isElement && (child.matches(BLOCK) || holdsBlocks)) {
        open = null;
        const isInline = !child.matches(BLOCK);
        const isStyle = isInline && child.matches("a,b,em,i,strong") && !child.id.startsWith("docs-");
        if (child.matches(WHOLE) && !holdsBlocks) {
          blocks.push(wrapped(child, [...child.childNodes]));
        } else {
          blocks.push(...flatten(child, isStyle ? [...around, child] : around));
        }
      } else if (open || !isBlank(child)) {
        if (!open) blocks.push((open = { children: [] }));
        open.children.push(child);
      }
    }
    return blocks.map((one) =>
      one instanceof Node ? one : wrapped(element("p"), one.children),
    );
  }

  // A picture of an emoji stands for its letter.
  function takeOutImages(body) {
    let count = 0;
    for (const image of body.querySelectorAll("img")) {
      const alt = image.alt.trim();
      const isLetter = alt && !/\p{L}/u.test(alt) && [...LETTERS.segment(alt)].length <= 4;
      const isSeen = image.width !== 1 || image.height !== 1;
      if (isLetter) image.replaceWith(alt);
      else {
        image.remove();
        count += isSeen ? 1 : 0;
      }
    }
    return count;
  }

  // However many links and styles the head of a paragraph is made of
  function keepTyped(body) {
    const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
    let block = null;
    let head = "";
    let before = null;
    while (walker.nextNode()) {
      const text = walker.currentNode;
      const own = text.parentElement.closest(BLOCK);
      if (own !== block || text.previousSibling?.nodeName === "BR") head = "";
      block = own;
      const isList = /mso-?list/i.test(`${block.className} ${block.getAttribute("style")}`);
      const begun = head.trimStart();
      const mark = isList ? null : TYPED.exec(begun + text.data);
      head = begun + text.data;
      if (mark && mark[0].length > begun.length) {
        const place = mark[1].length - begun.length;
        text.replaceData(place, 1, place ? HARD_BLANK : "");
        if (!place) before.data += HARD_BLANK; // alone in its text, it would be made a blank, too
      }
      before = text;
    }
  }

  // The HTML that the editor reads whole, and sentences on what it could not keep
  function tidy(html) {
    const { body } = new DOMParser().parseFromString(html, "text/html");
    for (const hidden of body.querySelectorAll(HIDDEN)) hidden.remove();
    keepTicks(body);
    const images = takeOutImages(body);
    const media = [...body.querySelectorAll(MEDIA)].length;
    const isCrossedOut = body.querySelector(CROSSED_OUT);
    const isCounted =
      body.querySelector(COUNTED) || [...body.querySelectorAll(WORD_ITEM)].some(isCountedByWord);
    const links = [...body.querySelectorAll("a[href]")].filter(isLost).length;
    const quotes = [...body.querySelectorAll("blockquote")].filter((quote) => !isBlank(quote)).length;
    spellOut(body);
    setApart(body);
    const tables = unfoldTables(body);
    body.replaceChildren(...flatten(body));
    keepTyped(body);
    const notes = [];
    if (images) notes.push(`${images === 1 ? "A picture was" : `${images} pictures were`} left out: add pictures as Picture blocks.`);
    if (tables) notes.push("A table was pasted as lines of text, with “|” between its cells.");
    if (media) notes.push("A video or another embedded item was left out.");
    if (quotes) notes.push("A quotation was pasted as ordinary text: to set it apart, use a Quote block.");
    if (isCrossedOut) notes.push("Crossed-out words were pasted as ordinary words.");
    if (isCounted) notes.push("Numbered lists count from 1 here: check their numbers.");
    if (links) notes.push("A link that leads to no web or email address was left out.");
    return { html: body.innerHTML.replaceAll(HARD_BLANK, "&#160;"), notes };
  }

  function say(editor, notes) {
    const place = editor.closest(".Draftail-Editor") ?? editor;
    let note = place.parentElement.querySelector(":scope > .paste-note");
    if (!note && !notes.length) return;
    if (!note) {
      note = element("p");
      note.className = "paste-note help";
      note.setAttribute("role", "status");
      place.after(note);
    }
    // Said once it is there: a screen reader reads only what changes in it.
    requestAnimationFrame(() => (note.textContent = notes.join(" ")));
  }

  const FILES = "Pictures and files can’t be put into text: add pictures as Picture blocks.";

  document.addEventListener(
    "paste",
    (event) => {
      const editor = event.target.closest?.(EDITOR);
      const data = event.clipboardData;
      if (!editor || !data || event.isTidied) return;
      const html = data.getData("text/html");
      const plain = data.getData("text/plain");
      if (!html) {
        say(editor, data.files.length && !plain ? [FILES] : []);
        if (!plain) return;
      }
      if (OWN.test(html)) return;
      const tidied = html ? tidy(html) : { html: "", notes: [] };
      if (html) say(editor, tidied.notes);
      event.preventDefault();
      event.stopImmediatePropagation();
      const clipboardData = new DataTransfer();
      if (html) clipboardData.setData("text/html", tidied.html);
      clipboardData.setData("text/plain", plain.replace(TYPED_LINES, "$1\u00a0"));
      const again = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
      again.isTidied = true;
      event.target.dispatchEvent(again);
    },
    true,
  );
  document.addEventListener(
    "drop",
    (event) => {
      const editor = event.target.closest?.(EDITOR);
      if (editor && event.dataTransfer?.files.length) say(editor, [FILES]);
    },
    true,
  );
})();
