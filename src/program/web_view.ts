import type { ControlPlane } from "../control/control_plane.ts";
import { execute } from "../control/commands.ts";
import { instanceJson } from "../control/instance_state.ts";
import { escape } from "../log/escape.ts";
import type { Log, LogLine } from "../log/log.ts";
import type { ProcessOptions } from "../options/values.ts";
import { ExitCode, ExitError, uncapitalised } from "../process/exit_codes.ts";
import type { Instance } from "../service/instance.ts";
import { describeRecord, endedAt } from "../views/records/describe.ts";
import { Guard } from "../views/web/guard.ts";
import { openWeb } from "../views/web/web_routes.ts";
import type { WebSource } from "../views/web/web_source.ts";
import type { Served, Viewed } from "./http_views.ts";
import { readTokens } from "./web_tokens.ts";
import { WrongTokens } from "./wrong_tokens.ts";

/** Lines of the log that are kept for those who begin to look. */
const KEPT = 200;

/** The page of a program. @throws {ExitError} when a token cannot be read */
export async function webView({ instance, plane, log, directory }: Viewed, options: ProcessOptions): Promise<Served> {
  const tokens = await readTokens(options, directory);
  const wrong = new WrongTokens(log.logger), lines: LogLine[] = [];
  const forget = log.onLine((line) => {
    if (lines.push(line) > KEPT) lines.shift();
  });
  const web = await openWeb(source(instance, plane, log, lines), new Guard(tokens, wrong.add)).catch((error) => {
    forget();
    // They are read when the option is given first, which may be by a reload.
    throw new ExitError(ExitCode.SYSTEM, `cannot read the page from the program's files: ${uncapitalised(error)}`);
  });
  return {
    routes: web.routes,
    close: () => {
      web.close();
      forget();
    },
  };
}

function source(instance: Instance, plane: ControlPlane, log: Log, lines: readonly LogLine[]): WebSource {
  // Whoever reads the log can tell who has changed something.
  const changing: ControlPlane = Object.create(plane, {
    changed: { value: (command: string, reply: string) => plane.changed(`(page) ${command}`, reply) },
  });
  return {
    version: plane.version,
    state: (slices) => instanceJson({ group: 0 }, plane, slices),
    failures: async (most) => await plane.failed?.({ most }) ?? { failed: [], ended: {}, lost: 0 },
    onFailure: (listener) =>
      instance.onRecord((record, service) => {
        if (record.end !== "closed") listener(describeRecord(record, service, endedAt(record, instance.now())));
      }),
    lines: () => lines,
    onLine: log.onLine,
    run: async (command, { service, group }) => {
      const { ok, lines } = await execute(command, { group, ...service !== undefined && { service } }, changing);
      return { ok, lines: lines.map(escape) };
    },
  };
}
