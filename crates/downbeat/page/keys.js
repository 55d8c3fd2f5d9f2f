// The keyboard.

/**
 * What keys do. Letters do not look at shift.
 * @param {Record<string, (event: KeyboardEvent) => void>} by key, as in `KeyboardEvent.key`; letters in lower case
 */
export function listenToKeys(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]") || belongsTo(event.target, event.key)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const action = actions[key];
    if (!action) return;
    event.preventDefault();
    action(event);
  });
}

// Whether a key is for the element that has the focus: buttons are pressed, sliders moved, texts scrolled.
function belongsTo(element, key) {
  if (element.matches("button")) return key === " " || key === "Enter";
  if (element.matches("input, pre")) return key.startsWith("Arrow") || key === "Home" || key === "End";
  return false;
}
