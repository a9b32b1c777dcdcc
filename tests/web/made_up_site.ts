import type { FailuresState } from "../../src/state/failures_state.ts";
import type { RecordState } from "../../src/state/record_state.ts";
import type { InstanceState } from "../../src/state/state.ts";
import { HttpServer } from "../../src/views/http/http_server.ts";
import { Guard, type Tokens } from "../../src/views/web/guard.ts";
import { openWeb, type Web } from "../../src/views/web/web_routes.ts";
import type { LogLine } from "../../src/log/log.ts";
import type { Said, WebSource } from "../../src/views/web/web_source.ts";
import { freePort } from "../support/free_port.ts";
import { channelState, instanceState, recordState, serviceState } from "../support/made_up_state.ts";

/** The page of a process that is made up. Disposing of it closes it. */
export class MadeUpSite implements WebSource, AsyncDisposable {
  readonly version = "1.2.3";
  /** What it says it is like. */
  now: InstanceState = instanceState([
    serviceState("web", [{
      group: 0,
      type: "RR",
      channels: [channelState(0, { name: "a" }), channelState(1, { name: "b" })],
    }]),
  ]);
  earlier: FailuresState = { failed: [recordState(1)], ended: { "channel-reset": 1 }, lost: 0 };
  readonly log: LogLine[] = [{ time: "2026-01-01T12:00:00.000Z", level: "info", message: "balance 1.2.3 starts" }];
  /** Commands that were run, with where. */
  readonly ran: string[] = [];
  answer: (command: string) => Said = () => ({ ok: true, lines: ["done"] });
  readonly #records = new Set<(record: RecordState) => void>();
  readonly #lines = new Set<(line: LogLine) => void>();
  #server!: HttpServer;
  #web!: Web;

  static async open(tokens: Tokens = {}, hostname = "127.0.0.1", port = freePort()): Promise<MadeUpSite> {
    const site = new MadeUpSite();
    site.#web = await openWeb(site, new Guard(tokens, () => {}));
    site.#server = await HttpServer.open({ hostname, port }, site.#web.routes, {
      failed: (path, error) => {
        throw new Error(`${path}: ${error}`);
      },
    });
    return site;
  }

  get url(): string {
    return `${this.#server.url}/`;
  }

  /** Changes the channel with this number. */
  change(channel: number, more: Parameters<typeof channelState>[1]): void {
    const [service] = this.now.services, [group] = service.groups;
    const channels = group.channels.map((one) =>
      one.channel === channel ? channelState(channel, { ...one, ...more }) : one
    );
    this.now = instanceState([serviceState(service.name, [{ ...group, channels }])]);
  }

  fail(record: RecordState): void {
    this.#records.forEach((tell) => tell(record));
  }

  say(level: string, message: string): void {
    this.#lines.forEach((tell) => tell({ time: new Date().toISOString(), level, message }));
  }

  state = () => Promise.resolve(JSON.stringify(this.now));
  failures = () => Promise.resolve(this.earlier);
  lines = () => this.log;
  onFailure = (tell: (record: RecordState) => void) => (this.#records.add(tell), () => this.#records.delete(tell));
  onLine = (tell: (line: LogLine) => void) => (this.#lines.add(tell), () => this.#lines.delete(tell));
  run(command: string, { service, group }: { service: string | undefined; group: number }): Promise<Said> {
    this.ran.push(`${service}/${group}: ${command}`);
    return Promise.resolve(this.answer(command));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#web.close();
    await this.#server.stop();
  }
}
