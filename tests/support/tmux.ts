/** A terminal in tmux, whose screen can be looked at: with a shell, from which the program is started. */
import { pause } from "./eventually.ts";
import { program } from "./program.ts";
import { installed, linux, type Requirement } from "./requirements.ts";

/** What a test in tmux needs. */
export const inTmux: readonly Requirement[] = [linux, installed("tmux", "stty")];

/** Milliseconds between two looks at the screen. */
const PAUSE = 50;

/** Seconds in which the screen must show something. */
const PATIENCE = 30;

/** A tmux server of its own with one window. Disposing of it ends it. */
export class Tmux implements Disposable {
  readonly #socket: string;

  constructor(columns: number, rows: number, env: Readonly<Record<string, string>> = {}) {
    this.#socket = `balance-${Deno.pid}-${crypto.randomUUID().slice(0, 8)}`;
    const variables = { LANG: "C.UTF-8", LC_ALL: "C.UTF-8", NO_COLOR: "1", ...env };
    const environment = Object.entries(variables).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    this.#run("-f", "/dev/null", "new-session", "-d", ...environment, "-x", `${columns}`, "-y", `${rows}`, "/bin/sh");
  }

  /** Starts the program from the shell. */
  start(args: readonly string[]): void {
    this.type([...program, ...args].map((word) => `'${word}'`).join(" "), "Enter");
  }

  /** Types text, and keys by their tmux names behind it. */
  type(text: string, ...keys: string[]): void {
    if (text !== "") this.#run("send-keys", "-l", text);
    if (keys.length > 0) this.#run("send-keys", ...keys);
  }

  resize(columns: number, rows: number): void {
    this.#run("resize-window", "-x", `${columns}`, "-y", `${rows}`);
  }

  /** Lines on the screen. */
  screen(): string[] {
    return this.#run("capture-pane", "-p").replace(/\n$/, "").split("\n");
  }

  /** Waits until the screen shows something. @returns its lines then */
  async until(wanted: RegExp): Promise<string[]> {
    const end = performance.now() + PATIENCE * 1000;
    for (;;) {
      const lines = this.screen();
      if (wanted.test(lines.join("\n"))) return lines;
      if (performance.now() > end) throw new Error(`the screen does not show ${wanted}:\n${lines.join("\n")}`);
      await pause(PAUSE);
    }
  }

  /** Whether it shows lines with a cursor, wraps them, and edits and echoes what is typed. */
  isOrdinary(): boolean {
    const [screen, cursor, wrap, path] = this.#ask("#{alternate_on} #{cursor_flag} #{wrap_flag} #{pane_tty}").split(
      " ",
    );
    const { stdout } = new Deno.Command("stty", { args: ["-a", "-F", path] }).outputSync();
    const words = new TextDecoder().decode(stdout).split(/\s+/);
    return [screen, cursor, wrap].join("") === "011" &&
      ["icanon", "isig", "iexten", "echo", "opost", "icrnl"].every((word) => words.includes(word));
  }

  /** Process ids of what runs in the window, below the shell. */
  children(): number[] {
    const shell = this.#ask("#{pane_pid}");
    const text = Deno.readTextFileSync(`/proc/${shell}/task/${shell}/children`);
    return text.split(" ").filter((word) => word !== "").map(Number);
  }

  [Symbol.dispose](): void {
    this.#run("kill-server");
  }

  #ask(format: string): string {
    return this.#run("display-message", "-p", format).trim();
  }

  #run(...args: string[]): string {
    const command = new Deno.Command("tmux", { args: ["-L", this.#socket, ...args], stdin: "null" });
    const { success, stdout, stderr } = command.outputSync(), decoder = new TextDecoder();
    if (!success) throw new Error(`tmux ${args[0]}: ${decoder.decode(stderr)}`);
    return decoder.decode(stdout);
  }
}
