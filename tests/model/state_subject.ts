import type { EngineName, InstanceState } from "../../mod.ts";
import { ControlClient, type ControlReply } from "../../src/control/client.ts";
import { pathOf } from "../../src/control/entries.ts";
import { FileInstance } from "../support/file_instance.ts";
import { freePort } from "../support/free_port.ts";
import type { GroupText, Setting } from "./state_account.ts";
import { StateBackend } from "./state_backend.ts";
import { Guest } from "./state_guest.ts";

/** Seconds that do not pass during a test. */
const LONG = 3600;

/** The real program with its file of one service, and its back ends. */
export class StateSubject implements AsyncDisposable {
  readonly backends: readonly StateBackend[];
  readonly #instance: FileInstance;
  readonly #port: number;
  readonly #setting: Setting;
  readonly #session: ControlClient;

  private constructor(
    backends: readonly StateBackend[],
    instance: FileInstance,
    port: number,
    setting: Setting,
    session: ControlClient,
  ) {
    this.backends = backends;
    this.#instance = instance;
    this.#port = port;
    this.#setting = setting;
    this.#session = session;
  }

  static async start(
    engine: EngineName,
    threads: number,
    setting: Setting,
    text: readonly GroupText[],
    count: number,
  ): Promise<StateSubject> {
    const backends = Array.from({ length: count }, (_, number) => new StateBackend(number)), port = freePort();
    const options = engine === "linux" ? ["--engine", "linux", "--threads", `${threads}`] : ["--engine", engine];
    const instance = await FileInstance.start([lineOf(setting, text, port, backends)], options);
    const path = pathOf(instance.directory, { config: String(instance.pid) });
    return new StateSubject(backends, instance, port, setting, await ControlClient.open(path));
  }

  /** Its log. */
  get log(): string {
    return this.#instance.stderr.text;
  }

  /** Its open descriptors. */
  get descriptors(): number {
    return [...Deno.readDirSync(`/proc/${this.#instance.pid}/fd`)].length;
  }

  connect(address: string, came: number): Promise<Guest> {
    return Guest.connect(this.#port, address, came);
  }

  /** Runs a control command. */
  control(line: string): Promise<ControlReply> {
    return this.#session.run(line);
  }

  async write(text: readonly GroupText[]): Promise<void> {
    await this.#instance.write([lineOf(this.#setting, text, this.#port, this.backends)]);
  }

  async state(): Promise<InstanceState> {
    return JSON.parse((await this.control("show json")).text[0]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#session[Symbol.dispose]();
    await this.#instance[Symbol.asyncDispose]();
    for (const backend of this.backends) await backend[Symbol.asyncDispose]();
  }
}

/** The command line of the service. */
function lineOf(
  { queue, sticky, checks }: Setting,
  groups: readonly GroupText[],
  port: number,
  backends: readonly StateBackend[],
): string {
  return [
    `--name s -b 127.0.0.1`,
    ...queue ? [`--queue ${LONG}`] : [],
    ...sticky ? [`--sticky ${LONG}`] : [],
    // A busy machine must not take a back end down.
    ...checks ? ["--check tcp --check-interval 0.03 --check-timeout 20 --rise 2 --fall 2"] : [],
    port,
    ...groups.flatMap(({ strategy, from, channels }) => [
      ...from === undefined ? [] : [`from=${from}`],
      ...channels.map(({ backend, maxc, weight }) => `127.0.0.1:${backends[backend].port}:${maxc},weight=${weight}`),
      `%${strategy}`,
    ]),
  ].join(" ");
}
