// What the program says: the events of /events, and whether it is there.

/** Milliseconds until another try when the browser has given up. */
const AGAIN = 2000;

/**
 * Tells "mix", "rendering", "ready" and "error" with their JSON as `detail`, and "connected" and "lost". Counts the
 * runs of the program in `connection`, as each counts its takes anew.
 */
export class Events extends EventTarget {
  constructor() {
    super();
    this.connection = 0;
    this.isConnected = false;
  }

  open() {
    this.source = new EventSource("/events");
    this.source.addEventListener("open", () => {
      this.connection += 1;
      this.isConnected = true;
      this.tell("connected");
    });
    this.source.addEventListener("error", (event) => {
      // The program's own event of this name carries data; that of a lost connection carries none.
      if (event.data !== undefined) return this.tell("error", JSON.parse(event.data));
      if (this.isConnected || this.connection === 0) this.tell("lost");
      this.isConnected = false;
      if (this.source.readyState === EventSource.CLOSED) setTimeout(() => this.open(), AGAIN);
    });
    for (const name of ["mix", "rendering", "ready"]) {
      this.source.addEventListener(name, (event) => this.tell(name, JSON.parse(event.data)));
    }
  }

  tell(name, detail = null) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
