import { LastingSession } from "./lasting_session.ts";
import { lines } from "./lines.ts";
import { type Greeting, LONGEST_LINE } from "./protocol.ts";

/** Bytes kept of a line from a pipe: more than a command may have, so that a longer line is refused as too long. */
const LONGEST_INPUT = 2 * LONGEST_LINE;

/** Writes to standard output, at once and whole. */
export type Print = (text: string) => void;

/** How a dialogue starts (Balance manual). */
export function banner({ pid, version }: Greeting): string {
  return `\nbalance ${version} interactive command shell\nPID of master process is ${pid}\n\n`;
}

/**
 * Runs commands from standard input until it ends, in Balance's exact format. For programs at the other end of a pipe.
 *
 * @param path the instance's entry
 * @param service name of the service to begin in; undefined for the first
 */
export async function pipeDialogue(path: string, service: string | undefined, print: Print): Promise<void> {
  using session = await LastingSession.open(path, service);
  print(banner(session.greeting) + `balance[0] `);
  for await (const line of lines(Deno.stdin.readable, LONGEST_INPUT, "cut")) {
    const reply = await session.run(line, (text) => print(text + "\n"));
    if (reply.outcome === "bye") return;
    print(`balance[${reply.group}] `);
  }
}
