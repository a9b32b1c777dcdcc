/**
 * What leaves a terminal as it was after the program was killed without a chance to do so (SIGKILL, out of memory): a
 * shell that waits for the end of its input. The mode of the terminal is only put back if it still is the program's: the
 * shell that it was started from may have set its own by then.
 */
const SCRIPT = `trap '' HUP INT QUIT TERM TTOU
read -r _; raw=$(stty -g < /dev/tty)
read -r _
printf %b "$1" > /dev/tty; sleep 0.2
[ "$(stty -g < /dev/tty)" != "$raw" ] || stty brkint icrnl ixon opost isig icanon iexten echo < /dev/tty`;

/** Watches over a terminal in raw mode, where there is a shell that can. Disposing of it ends that. */
export class KillGuard implements Disposable {
  readonly #shell: Deno.ChildProcess | undefined;

  /** @param leave what puts the screen back */
  constructor(leave: string) {
    this.#shell = Deno.build.os === "windows" ? undefined : shell(leave);
    if (this.#shell === undefined) return;
    this.#shell.unref();
    const input = this.#shell.stdin.getWriter();
    input.write(new TextEncoder().encode("raw\n")).catch(() => {});
  }

  [Symbol.dispose](): void {
    try {
      this.#shell?.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
  }
}

function shell(leave: string): Deno.ChildProcess | undefined {
  const args = ["-c", SCRIPT, "balance", leave.replaceAll("\x1b", "\\033")];
  try {
    return new Deno.Command("sh", { args, stdin: "piped", stdout: "null", stderr: "null" }).spawn();
  } catch {
    return undefined;
  }
}
