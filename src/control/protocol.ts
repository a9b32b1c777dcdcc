/**
 * # The control protocol
 *
 * Lines of UTF-8, ended by LF. The server greets with one line, then answers each command line with a head and as many
 * lines as the head says:
 *
 *     balance 1 28509 0.1.0          greeting: protocol version, process id, program version
 *     show                           ← a command, as typed at the prompt
 *     ok 2 0                         head: outcome, number of lines that follow, group the session is in
 *     GRP Type  #   S …
 *       0   RR  0 ENA …
 *
 * The head does not name the session's service, so that older clients can still read it; the command `service` does.
 *
 * The outcome is `ok`, `error` when the command was not carried out, or `bye` when the session ends with this reply.
 * `nc -U` is enough to drive it by hand.
 */
const PROTOCOL_VERSION = 1;

/** How the reply of `wait` begins when its time was over. Its outcome is `error`. */
export const TIMED_OUT = "timed out";

/** Balance's reply to a command that there is not, or that has the wrong words. */
export const SYNTAX_ERROR = "syntax error";

/** Longest command line in bytes. */
export const LONGEST_LINE = 4096;

/** First line of a session. */
export interface Greeting {
  readonly pid: number;
  readonly version: string;
}

/** Head of a reply. */
export interface ReplyHead {
  readonly outcome: "ok" | "error" | "bye";
  /** Lines that follow. */
  readonly lines: number;
  /** The session's group from now on. */
  readonly group: number;
}

export function formatGreeting({ pid, version }: Greeting): string {
  return `balance ${PROTOCOL_VERSION} ${pid} ${version}`;
}

/** @throws {Error} when the other side is no instance that this program understands */
export function parseGreeting(line: string): Greeting {
  const match = /^balance (\d{1,9}) (\d{1,10}) ([\w.+-]{1,64})$/.exec(line);
  if (!match) throw new Error("Cannot control instance: it does not answer as balance does");
  if (Number(match[1]) !== PROTOCOL_VERSION) {
    throw new Error(`Cannot control instance: it speaks protocol ${match[1]}, this program speaks ${PROTOCOL_VERSION}`);
  }
  return { pid: Number(match[2]), version: match[3] };
}

export function formatHead({ outcome, lines, group }: ReplyHead): string {
  return `${outcome} ${lines} ${group}`;
}

/** @throws {Error} when the line is no head */
export function parseHead(line: string): ReplyHead {
  const match = /^(ok|error|bye) (\d{1,9}) (\d{1,9})$/.exec(line);
  if (!match) throw new Error("Cannot read reply: its head is malformed");
  return { outcome: match[1] as ReplyHead["outcome"], lines: Number(match[2]), group: Number(match[3]) };
}
