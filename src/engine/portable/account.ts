import type { Attempt } from "../../selection/attempt.ts";
import type { Attempts } from "../../table/records/attempts.ts";
import { type ByNumber, type END, type EndNumber, partyOf } from "../../table/records/ends.ts";
import { detailOfRefusal, endOfRefusal } from "../../table/records/refusal_end.ts";
import type { RefusalReason } from "../../table/clients/refusals.ts";

/** What there is to tell of one connection. Times are milliseconds, moments those of `performance.now`. */
export class Account {
  readonly id: number;
  readonly accepted: number;
  /** When its channel accepted it; -1 if none has. */
  connected = -1;
  queueMs = -1;
  connectMs = -1;
  firstByteMs = -1;
  /** Bytes from client to channel, and the other way. */
  up = 0;
  down = 0;
  attempts: Attempts | undefined;
  /** How it has ended, as soon as that is clear. */
  end: EndNumber | undefined;
  by: ByNumber = 0;
  detail = 0;

  constructor(id: number, accepted: number) {
    this.id = id;
    this.accepted = accepted;
  }

  /** It ends so, unless something else has ended it before. */
  ends(end: EndNumber, detail = 0, by: ByNumber = partyOf(end)): void {
    if (this.end !== undefined) return;
    this.end = end;
    this.by = by;
    this.detail = detail;
  }

  /** The client is refused. */
  refused(reason: RefusalReason): void {
    this.ends(endOfRefusal(reason), detailOfRefusal(reason));
  }

  /** A side has reset it, or takes nothing any more. */
  reset(end: typeof END.CLIENT_RESET | typeof END.CHANNEL_RESET, error: unknown): void {
    this.ends(end, errnoOf(error));
  }

  /** The search for a channel is over. Before the attempt serves somebody else. */
  searched(attempt: Attempt): void {
    this.queueMs = attempt.queueMs;
    this.connectMs = attempt.connectMs;
    this.attempts = attempt.attempts;
    if (attempt.connectMs >= 0) this.connected = attempt.since + attempt.connectMs;
  }
}

/** The system's number of an error, which Deno has only in its text; 0 if there is none. */
export function errnoOf(error: unknown): number {
  return Number(
    /\(os error (\d+)\)/.exec((error as { readonly message?: string } | undefined)?.message ?? "")?.[1] ?? 0,
  );
}
