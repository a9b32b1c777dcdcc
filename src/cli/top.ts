import { isAbsent } from "../control/client.ts";
import { LastingSession } from "../control/lasting_session.ts";
import { placesToLook } from "../control/places.ts";
import { quote } from "../log/escape.ts";
import type { TopRequest } from "../options/command_line.ts";
import { ExitCode, ExitError, uncapitalised } from "../process/exit_codes.ts";
import { complain } from "../process/terminal.ts";
import type { Answer, Source } from "../views/top/source.ts";
import { findInstance, nobodyThere, type Target } from "./find_instance.ts";

/** Watches an instance, full screen. @returns the exit code */
export async function top(request: TopRequest): Promise<number> {
  if (!Deno.stdin.isTerminal() || !Deno.stdout.isTerminal()) {
    throw new ExitError(
      ExitCode.USAGE,
      "option --top needs a terminal (over ssh: ssh -t); programs use -c 'show json'",
    );
  }
  if (Deno.env.get("TERM") === "dumb") {
    throw new ExitError(
      ExitCode.USAGE,
      "option --top cannot draw on a terminal with TERM=dumb; use -c show",
    );
  }
  const target = await findInstance(request);
  if (request.debug) complain(`balance: control socket ${quote(target.entry.path)}`);
  using source = await sourceOf(target, request);
  const { watch } = await import("../views/top/watch.ts");
  await watch(source, target.service);
  return ExitCode.OK;
}

async function sourceOf({ entry }: Target, { controlDir }: TopRequest): Promise<InstanceSource> {
  try {
    return await InstanceSource.open(entry.path);
  } catch (error) {
    if (isAbsent(error)) throw nobodyThere(placesToLook(controlDir).own);
    throw new ExitError(ExitCode.UNAVAILABLE, uncapitalised(error));
  }
}

/** What is shown comes over one session, and what an operator asks for over another: the first may wait for an answer. */
class InstanceSource implements Source, Disposable {
  readonly #path: string;
  readonly #looks: LastingSession;
  #orders: LastingSession | undefined;
  /** The command before: a session runs one at a time. */
  #before: Promise<unknown> = Promise.resolve();

  private constructor(path: string, looks: LastingSession) {
    this.#path = path;
    this.#looks = looks;
  }

  static async open(path: string): Promise<InstanceSource> {
    return new InstanceSource(path, await LastingSession.open(path));
  }

  async look(command: string): Promise<Answer> {
    return await telling(async () => await answerOf(this.#looks, command));
  }

  async order(command: string, service: string | undefined, group?: number): Promise<Answer> {
    const ordered = this.#before.then(() => this.#order(command, service, group));
    this.#before = ordered.catch(() => {});
    return await ordered;
  }

  async #order(command: string, service: string | undefined, group: number | undefined): Promise<Answer> {
    return await telling(async () => {
      const session = this.#orders ??= await LastingSession.open(this.#path);
      const before = [
        ...service === undefined ? [] : [`service ${service}`],
        ...group === undefined ? [] : [`group ${group}`],
      ];
      for (const step of before) {
        const answer = await answerOf(session, step);
        if (!answer.ok) return answer;
      }
      return await answerOf(session, command);
    });
  }

  [Symbol.dispose](): void {
    this.#looks[Symbol.dispose]();
    this.#orders?.[Symbol.dispose]();
  }
}

async function answerOf(session: LastingSession, command: string): Promise<Answer> {
  const { outcome, text } = await session.run(command);
  return { ok: outcome !== "error", text };
}

/** An instance that has ended refuses connections; that is not what a person wants to read. */
async function telling(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    throw isAbsent(error) ? new Error("the instance has ended") : error;
  }
}
