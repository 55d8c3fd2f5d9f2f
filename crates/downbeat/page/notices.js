// What the program has to say about the script: the banner of errors, the list of warnings; and how the page is doing.

/**
 * @typedef {object} Diagnostic
 * @property {"error"|"warning"} severity
 * @property {string} message
 * @property {?string} file
 * @property {?number} line
 * @property {?number} column
 * @property {string[]} hints
 * @property {string} text the whole message as the terminal shows it
 */

/** The header's status, the banner and the warnings. */
export class Notices {
  constructor() {
    this.status = document.querySelector("#status");
    this.words = document.querySelector("#status-text");
    this.banner = document.querySelector("#banner");
    this.list = document.querySelector("#warning-list");
    this.count = document.querySelector("#warnings");
    this.live = document.querySelector("#live");
    this.count.addEventListener("click", () => this.open(this.list.hidden));
  }

  /** @param {"live"|"rendering"|"waiting"|"broken"|"lost"|"connecting"} state */
  setStatus(state, words) {
    this.status.dataset.state = state;
    write(this.words, words);
  }

  /** Says something to those who listen to the page. */
  say(words) {
    this.live.textContent = words;
  }

  /**
   * Shows errors; none take the banner away.
   * @param {Diagnostic[]} diagnostics
   * @param {boolean} hasSound whether there is a good take to go on with
   */
  setErrors(diagnostics, hasSound) {
    this.banner.hidden = diagnostics.length === 0;
    if (diagnostics.length === 0) return;
    const [first] = diagnostics;
    const where = first.file ? ` in ${first.file}${first.line ? `, line ${first.line}` : ""}` : "";
    const many = diagnostics.length > 1 ? `${diagnostics.length} errors` : "An error";
    const sound = hasSound ? " The last good take plays on." : "";
    write(document.querySelector("#banner-title"), `${many}${where}.${sound}`);
    write(document.querySelector("#banner-text"), diagnostics.map(words).join("\n\n"));
  }

  /** @param {Diagnostic[]} diagnostics */
  setWarnings(diagnostics) {
    this.count.hidden = diagnostics.length === 0;
    const wide = document.createElement("span");
    wide.className = "wide";
    wide.textContent = diagnostics.length === 1 ? " warning" : " warnings";
    this.count.replaceChildren(`⚠ ${diagnostics.length}`, wide);
    this.count.setAttribute("aria-label", `${diagnostics.length} ${wide.textContent.trim()}`);
    this.list.replaceChildren(
      ...diagnostics.map((diagnostic) => {
        const text = document.createElement("pre");
        text.textContent = words(diagnostic);
        // Long lines are scrolled with the keyboard, too.
        text.tabIndex = 0;
        return text;
      }),
    );
    if (diagnostics.length === 0) this.open(false);
  }

  open(isOpen) {
    this.list.hidden = !isOpen;
    this.count.setAttribute("aria-expanded", isOpen);
  }
}

// What is written is read out by those who listen to the page: the same is not written again.
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// A diagnostic as the terminal shows it, or made of its parts.
function words({ text, severity, message, file, line, column, hints }) {
  if (text) return text;
  const place = file ? [file, line, column].filter((part) => part !== null).join(":") : "";
  const lines = [`${severity}: ${message}`, place && `  --> ${place}`, ...hints.map((hint) => `  hint: ${hint}`)];
  return lines.filter(Boolean).join("\n");
}
