import { saysHowConnectionsFare } from "../../state/activity.ts";
import type { FailuresState } from "../../state/failures_state.ts";
import type { InstanceState } from "../../state/state.ts";
import { act, type Acted, type Effect } from "./act.ts";
import { ByteRates, placeOf } from "./byte_rates.ts";
import { type Choice, FIRST_CHOICE, type Order } from "./choice.ts";
import { type Key, KeyReader } from "./keys.ts";
import { type Laid, layOut } from "./layout.ts";
import { type ChannelRow, type Row, rowsOf } from "./rows.ts";
import type { Source } from "./source.ts";
import { speaksUnicode, Terminal } from "./terminal.ts";

/** Milliseconds between two looks. */
const PAUSE = 1000;

/** Milliseconds after which an Escape was the key, not the beginning of a sequence. */
const ESCAPE_PAUSE = 50;

/** How many connections that failed are shown. */
const FAILURES = 200;

/** Shows an instance until somebody leaves. @param service name of the service whose channels come first */
export async function watch(source: Source, service: string | undefined): Promise<void> {
  const unicode = speaksUnicode((name) => Deno.env.get(name), Deno.build.os);
  const terminal = new Terminal({ color: !Deno.noColor, unicode });
  await new Watch(source, terminal, service, unicode).run();
}

class Watch {
  readonly #source: Source;
  readonly #terminal: Terminal;
  readonly #service: string | undefined;
  readonly #unicode: boolean;
  readonly #rates = new ByteRates();
  readonly #keys = new KeyReader();
  readonly #end = Promise.withResolvers<void>();
  #choice: Choice = FIRST_CHOICE;
  #state: InstanceState | undefined;
  #failures: FailuresState | undefined;
  #rows: readonly Row[] = [];
  #laid: Laid | undefined;
  #lost: string | undefined;
  /** When the look began that is under way. */
  #asked: number | undefined;
  #orders = 0;

  constructor(source: Source, terminal: Terminal, service: string | undefined, unicode: boolean) {
    this.#source = source;
    this.#terminal = terminal;
    this.#service = service;
    this.#unicode = unicode;
  }

  async run(): Promise<void> {
    const stop = this.#listen();
    try {
      this.#terminal.enter();
      const timer = setInterval(() => this.#guard(() => this.#tick()), PAUSE);
      void this.#read();
      this.#tick();
      await this.#end.promise.finally(() => clearInterval(timer));
    } finally {
      this.#terminal.leave();
      stop();
    }
  }

  /** Signals, and what leaves the terminal as it was whatever happens. @returns what undoes that */
  #listen(): () => void {
    const undo: (() => void)[] = [], windows = Deno.build.os === "windows";
    const on = (signal: Deno.Signal, act: () => void) => {
      Deno.addSignalListener(signal, act);
      undo.push(() => Deno.removeSignalListener(signal, act));
    };
    const leave = () => this.#terminal.leave();
    const ending: Deno.Signal[] = windows ? ["SIGINT", "SIGBREAK"] : ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
    for (const signal of ending) {
      on(signal, () => {
        leave();
        undo.forEach((each) => each());
        // Whoever waits for the program learns which signal has ended it.
        if (windows) Deno.exit(1);
        Deno.kill(Deno.pid, signal);
      });
    }
    if (!windows) {
      on("SIGWINCH", () => this.#guard(() => this.#draw()));
      on("SIGCONT", () => {
        this.#terminal.enter();
        this.#guard(() => this.#draw());
      });
    }
    for (const event of ["error", "unhandledrejection", "unload"]) {
      globalThis.addEventListener(event, leave);
      undo.push(() => globalThis.removeEventListener(event, leave));
    }
    return () => undo.splice(0).forEach((each) => each());
  }

  /** A fault ends the program, with the terminal as it was. */
  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#end.reject(error);
    }
  }

  async #read(): Promise<void> {
    const bytes = new Uint8Array(1024);
    try {
      for (;;) {
        const count = await Deno.stdin.read(bytes);
        if (count === null) return this.#end.resolve();
        this.#take(this.#keys.read(bytes.subarray(0, count)));
        if (this.#keys.waits) setTimeout(() => this.#guard(() => this.#take(this.#keys.flush())), ESCAPE_PAUSE);
      }
    } catch (error) {
      this.#end.reject(error);
    }
  }

  #take(keys: readonly Key[]): void {
    for (const key of keys) {
      const asked = this.#choice.order;
      const { choice, effect }: Acted = act(this.#choice, key, { rows: this.#rows, page: this.#laid?.page ?? 1 });
      this.#choice = choice;
      this.#arrange();
      if (effect !== undefined) this.#do(effect);
      // What was typed or pasted in one go with the question is no answer to it.
      if (asked === undefined && choice.order !== undefined) break;
    }
    if (keys.length > 0) this.#draw();
  }

  #do(effect: Effect): void {
    switch (effect.kind) {
      case "quit":
        return this.#end.resolve();
      case "look":
        return this.#look();
      case "redraw":
        return this.#terminal.redraw();
      case "order":
        return void this.#run(effect.order);
      case "why":
        return void this.#why(effect.words);
      case "suspend":
        if (Deno.build.os === "windows") return;
        this.#terminal.leave();
        return Deno.kill(Deno.pid, "SIGTSTP");
    }
  }

  #tick(): void {
    if (!this.#choice.paused) this.#look();
    this.#draw();
  }

  /** Asks for what is shown, unless that is already under way. */
  #look(): void {
    if (this.#asked !== undefined) return;
    this.#asked = performance.now();
    void this.#ask().catch((error) => {
      this.#lost = (error as Error).message;
    }).finally(() => {
      this.#asked = undefined;
      this.#guard(() => this.#draw());
    });
  }

  async #ask(): Promise<void> {
    const state = await this.#json<InstanceState>("show json");
    if (!Array.isArray(state.services) || !state.services.every(saysHowConnectionsFare)) {
      throw new Error("the instance is of another version, which does not say how connections fare");
    }
    const failures = this.#choice.pane === "failures"
      ? await this.#json<FailuresState>(`show failed ${FAILURES} json`)
      : this.#failures;
    this.#rates.look(state.services, performance.now());
    this.#state = state;
    this.#failures = failures;
    this.#arrange();
    this.#lost = undefined;
  }

  async #json<T>(command: string): Promise<T> {
    const { ok, text: [json = ""] } = await this.#source.look(command);
    if (!ok) throw new Error(`the instance does not answer ${command}: ${json}`);
    return JSON.parse(json) as T;
  }

  /** Puts channels in order, and chooses the first when none is chosen. */
  #arrange(): void {
    const services = this.#state?.services ?? [], own = services.filter(({ name }) => name === this.#service);
    const all = [...own, ...services.filter((service) => !own.includes(service))];
    this.#rows = rowsOf(all, this.#rates, this.#choice, Date.now());
    const channels = this.#rows.filter((row): row is ChannelRow => row.kind === "channel");
    if (channels.length > 0 && !channels.some(({ key }) => key === this.#choice.selected)) {
      this.#choice = { ...this.#choice, selected: channels[0].key };
    }
  }

  async #run(order: Order): Promise<void> {
    const { row: { service, group, channel }, command } = order, number = ++this.#orders;
    this.#choice = { ...this.#choice, notice: { text: `${command} …`, bad: false } };
    let notice: Choice["notice"];
    try {
      if (!await this.#isStill(order.row)) {
        notice = { text: `channel ${group}/${channel.channel} is another one by now; nothing was done`, bad: true };
      } else {
        const { ok, text } = await this.#source.order(command, service, group);
        notice = { text: text.join(" ") || (ok ? "done" : "refused"), bad: !ok };
      }
    } catch (error) {
      notice = { text: (error as Error).message, bad: true };
    }
    if (number === this.#orders) this.#choice = { ...this.#choice, notice };
    this.#look();
    this.#guard(() => this.#draw());
  }

  /** Whether a number still means the channel that was chosen: a reload may have given it to another one. */
  async #isStill({ service, group, channel }: ChannelRow): Promise<boolean> {
    const { ok, text: [json = ""] } = await this.#source.order("show json", undefined);
    const { services } = JSON.parse(ok ? json : "{}") as Partial<InstanceState>;
    const now = services?.find(({ name }) => name === service)?.groups.find((each) => each.group === group)
      ?.channels.find((each) => each.channel === channel.channel);
    return now !== undefined && placeOf(now) === placeOf(channel);
  }

  async #why(words: string): Promise<void> {
    const chosen = this.#rows.find((row) => row.kind === "channel" && row.key === this.#choice.selected);
    const service = chosen?.kind === "channel" ? chosen.service : this.#service;
    let why: readonly string[];
    try {
      why = (await this.#source.order(`why ${words}`, service)).text;
    } catch (error) {
      why = [(error as Error).message];
    }
    this.#choice = { ...this.#choice, pane: "why", paneTop: 0, why };
    this.#guard(() => this.#draw());
  }

  #draw(): void {
    const size = this.#terminal.size();
    const picture = {
      state: this.#state,
      rows: this.#rows,
      failures: this.#failures,
      lost: this.#lost,
      waits: this.#asked === undefined ? 0 : Math.floor((performance.now() - this.#asked) / 1000),
      now: Date.now(),
      unicode: this.#unicode,
    };
    const laid = this.#laid = layOut(picture, this.#choice, size.columns, size.rows);
    this.#choice = { ...this.#choice, top: laid.top, paneTop: laid.paneTop };
    this.#terminal.show(laid.lines, size);
  }
}
