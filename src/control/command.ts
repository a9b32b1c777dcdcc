import type { ControlledService, ControlPlane, LongReply, Outcome } from "./control_plane.ts";

/** What one dialogue remembers between commands. */
export interface Session {
  /** The group that channel numbers refer to. */
  group: number;
  /** Name of the service that commands refer to; undefined for the first one there is. */
  service?: string;
  /** Fires when nobody waits for a reply any more. */
  readonly over?: AbortSignal;
}

/** What a command answers. */
export interface Reply extends Outcome {
  /** Whether the session is over. */
  readonly end?: boolean;
  /** The group that it was about, if that need not be the session's. */
  readonly group?: number;
  /** More lines, behind `lines`. */
  readonly more?: LongReply;
  /** What the command does after it has been logged. */
  readonly effect?: () => void;
}

/** What all commands have. The record drives the parser, the help and the completion; a test compares docs/control.md with it. */
interface CommandWords {
  readonly name: string;
  /** Another name for it, which cannot be shortened. */
  readonly alias?: string;
  /**
   * The words it takes, as the help shows them: `CH` is a channel, by number, name or address, `G` a group, `NAME` a
   * service, small letters stand for themselves, brackets mean optional: from the first one on, words may be missing. `[WORD...]` at
   * the end are any number of words.
   */
  readonly parameters: string;
  readonly summary: string;
  /** Whether it changes something: then it is logged, and never asked again when its answer is lost. */
  readonly changes: boolean;
  /**
   * Whether what follows depends on its success: `-c` then stops at a refusal and exits with a code other than 0. None
   * of Balance's commands is.
   */
  readonly decisive?: boolean;
  /** Whether a signal asks for it as well, so that the process logs it, and the command itself says when it may not be. */
  readonly ofProcess?: boolean;
}

/** A command for the service that the session is in. */
export interface ServiceCommand extends CommandWords {
  readonly scope: "service";
  run(words: readonly string[], session: Session, service: ControlledService): Reply | Promise<Reply>;
}

/** A command for the process or the session. */
export interface ProcessCommand extends CommandWords {
  readonly scope: "process";
  run(words: readonly string[], session: Session, plane: ControlPlane): Reply | Promise<Reply>;
}

/** One control command. */
export type Command = ServiceCommand | ProcessCommand;

/** Thrown by a command that was given the wrong words. */
export class SyntaxFault extends Error {}

/** Thrown by a command that is refused, with the reply. */
export class Refused extends Error {
  readonly reply: Reply;

  constructor(reply: Reply) {
    super(reply.lines[0]);
    this.reply = reply;
  }
}

/** Thrown when a command must stop, because something has changed since it began. */
export class Overtaken extends Refused {}

/** A whole number, possibly negative so that the reply can name it. @throws {SyntaxFault} */
export function integer(word: string): number {
  if (!/^-?\d{1,15}$/.test(word)) throw new SyntaxFault();
  return Number(word) + 0;
}

export function answer(...lines: string[]): Reply {
  return { ok: true, lines };
}

/** The same with any number of lines: a call takes no more than some 100,000 arguments. */
export function answerAll(lines: readonly string[]): Reply {
  return { ok: true, lines };
}

export function refuse(line: string): Reply {
  return { ok: false, lines: [line] };
}
