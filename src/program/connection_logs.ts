import type { Log, LogFormat } from "../log/log.ts";
import type { ServiceSpec } from "../options/service_spec.ts";
import { serviceOptions } from "../options/values.ts";
import { importLater } from "../process/import_later.ts";
import { fromStart } from "../process/start_directory.ts";
import type { Instance } from "../service/instance.ts";
import type { Service } from "../service/service.ts";
import type { ConnectionLogState } from "../state/service_state.ts";
import type { ConnectionRecord } from "../table/records/connection_record.ts";
import type { ConnectionLog, LoggedService } from "../views/connection_log/connection_log.ts";
import type { ListedService, OpenLines } from "../views/connection_log/open_lines.ts";
import type { Prepared } from "./http_views.ts";
import { connectionLogFault, refusal, type ShowInFile } from "./service_fault.ts";

/** The logs of connections of a program. They are loaded when a service asks for one. */
export class ConnectionLogs {
  readonly #instance: Instance;
  readonly #log: Log;
  readonly #format: LogFormat;
  /** Records that came before the log was loaded; undefined until something is to be logged. */
  #early: [ConnectionRecord, Service][] | undefined;
  #loaded: { readonly log: ConnectionLog; readonly open: OpenLines } | undefined;

  /** @param format the form of lines in files, unless services have another one */
  constructor(instance: Instance, log: Log, format: LogFormat) {
    this.#instance = instance;
    this.#log = log;
    this.#format = format;
  }

  /**
   * Opens what these services need and is not open yet.
   *
   * @param show shows a service's fault in its file
   * @returns what is to be called once they are served, or if they are not; undefined if there is nothing
   * @throws {ExitError} 71 naming the first file that cannot be opened; then nothing has changed
   */
  async open(services: readonly ServiceSpec[], show: ShowInFile | undefined): Promise<Prepared | undefined> {
    const options = services.map(({ values }) => serviceOptions(values));
    if (this.#loaded === undefined && !options.some(({ connectionLog }) => connectionLog)) return undefined;
    this.#listen();
    const { log, open } = this.#loaded ?? await this.#load();
    // It needs Node's files, which take the time and memory of many modules.
    const { writeObstacle } = await import("../process/access.ts");
    const opened = await log.open(options, (of, path, reason) => {
      const service = services[options.findIndex((one) => one === of)];
      return refusal([[service, connectionLogFault(path, writeObstacle(path) ?? reason)]], show);
    });
    return {
      apply: () => {
        opened.apply();
        open.follow();
      },
      undo: opened.undo,
    };
  }

  /** Keeps what comes before the log is loaded. */
  #listen(): void {
    if (this.#early !== undefined) return;
    this.#early = [];
    this.#instance.onRecord((record, service) => {
      if (this.#loaded === undefined) this.#early!.push([record, service]);
      else this.#loaded.log.record(record, logged(service));
    });
  }

  /** How the log of a service is doing; undefined without one. */
  state({ name, draft: { options } }: Service): ConnectionLogState | undefined {
    return this.#loaded?.log.state({ name, options });
  }

  /** Opens all files again. */
  async reopen(): Promise<void> {
    await this.#loaded?.log.reopen();
  }

  /** Writes what there is, for at most half a second, and ends. */
  async stop(): Promise<void> {
    this.#loaded?.open.stop();
    await this.#loaded?.log.stop();
  }

  async #load(): Promise<{ log: ConnectionLog; open: OpenLines }> {
    const [{ ConnectionLog }, { OpenLines }] = await Promise.all([
      importLater<typeof import("../views/connection_log/connection_log.ts")>(
        new URL("../views/connection_log/connection_log.ts", import.meta.url),
      ),
      importLater<typeof import("../views/connection_log/open_lines.ts")>(
        new URL("../views/connection_log/open_lines.ts", import.meta.url),
      ),
    ]);
    const instance = this.#instance, now = () => instance.now();
    const log = new ConnectionLog({
      log: this.#log,
      format: this.#format,
      resolve: fromStart,
      now,
      lostRecords: () => instance.lostRecords,
    });
    const open = new OpenLines(() => instance.services.map(listed), log, now);
    // In one turn, so that no record comes in between.
    this.#loaded = { log, open };
    this.#early!.splice(0).forEach(([record, service]) => log.record(record, logged(service)));
    return this.#loaded;
  }
}

function logged({ name, groups, draft: { options } }: Service): LoggedService {
  return { name, groups, options };
}

function listed(service: Service): ListedService {
  return { ...logged(service), connections: service.connections, open: () => service.served.open() };
}
