/**
 * SIGUSR1, by which whoever has renamed the log file asks for it to be opened again. Listened to from the start, since a
 * first listener can fail later, and with any log, since by default the signal ends the program.
 */
export class ReopenSignal {
  #act: () => void = () => {};

  constructor() {
    if (Deno.build.os !== "windows") Deno.addSignalListener("SIGUSR1", () => this.#act());
  }

  /** Says what to do when it comes. */
  listen(act: () => void): void {
    this.#act = act;
  }
}
