// Dark or light, as the system has it or as was chosen here; and the style of the waveforms. Both are kept.

const THEME = "downbeat.theme";
const STYLE = "downbeat.style";

/** Tells "change" when colours are to be read anew. */
export class Theme extends EventTarget {
  constructor() {
    super();
    this.system = matchMedia("(prefers-color-scheme: light)");
    this.system.addEventListener("change", () => this.apply());
    this.chosen = read(THEME);
    /** @type {"audacity"|"serato"} */
    this.style = read(STYLE) === "serato" ? "serato" : "audacity";
    this.apply();
  }

  get name() {
    return this.chosen ?? (this.system.matches ? "light" : "dark");
  }

  /** From dark to light and back. What the system has is not written down, so that the page follows it again. */
  toggle() {
    const other = this.name === "dark" ? "light" : "dark";
    this.chosen = other === (this.system.matches ? "light" : "dark") ? null : other;
    write(THEME, this.chosen);
    this.apply();
  }

  /** @param {"audacity"|"serato"} style */
  setStyle(style) {
    this.style = style;
    write(STYLE, style);
    this.apply();
  }

  apply() {
    document.documentElement.dataset.theme = this.name;
    document.documentElement.dataset.style = this.style;
    this.dispatchEvent(new Event("change"));
  }
}

// A browser may forbid storage; then choices last as long as the page.
function read(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    return;
  }
}
