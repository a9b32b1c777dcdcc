/**
 * SIGUSR1, which asks to open the log file again after it was renamed. It is handled from the start, because adding the
 * first listener can fail later, and with any kind of log, because by default the signal ends the program.
 */
export class ReopenSignal {
  #act: () => void = () => {};

  constructor() {
    if (Deno.build.os !== "windows") Deno.addSignalListener("SIGUSR1", () => this.#act());
  }

  /** Sets what to do when it comes. */
  listen(act: () => void): void {
    this.#act = act;
  }
}
