import assert from "node:assert/strict";
import type { EngineName, InstanceState } from "../../mod.ts";
import { ControlClient, type ControlReply } from "../../src/control/client.ts";
import { pathOf } from "../../src/control/entries.ts";
import { Client } from "../support/client.ts";
import { FileInstance } from "../support/file_instance.ts";
import { freePorts } from "../support/free_port.ts";
import type { GroupText } from "./group_model.ts";
import type { ModelConnection, ServicesModel, ServiceText } from "./services_model.ts";
import { SwitchableBackend } from "./switchable_backend.ts";

/** Ports that services may have, and back ends that channels may lead to. */
export const PORTS = 6, BACKENDS = 4;

/** Seconds until the program must say what the model says. */
const PATIENCE = 10;

/** The real program with its file of services, its back ends and its clients. */
export class ServicesSubject implements AsyncDisposable {
  readonly clients = new Map<ModelConnection, Client>();
  readonly #instance: FileInstance;
  readonly #backends: readonly SwitchableBackend[];
  readonly #firstPort: number;
  readonly #session: ControlClient;

  private constructor(
    instance: FileInstance,
    backends: readonly SwitchableBackend[],
    firstPort: number,
    session: ControlClient,
  ) {
    this.#instance = instance;
    this.#backends = backends;
    this.#firstPort = firstPort;
    this.#session = session;
  }

  static async start(engine: EngineName, file: readonly ServiceText[]): Promise<ServicesSubject> {
    const backends = Array.from({ length: BACKENDS }, (_, number) => new SwitchableBackend(number));
    const firstPort = freePorts(PORTS);
    const options = engine === "linux" ? ["--engine", "linux", "--threads", "2"] : ["--engine", engine];
    const instance = await FileInstance.start(file.map((text) => lineOf(text, firstPort, backends)), options);
    const path = pathOf(instance.directory, { config: String(instance.pid) });
    return new ServicesSubject(instance, backends, firstPort, await ControlClient.open(path));
  }

  /** Its log. */
  get log(): string {
    return this.#instance.stderr.text;
  }

  connect(port: number): Promise<Client> {
    return Client.connect(this.#firstPort + port);
  }

  /** Address of a back end, as a control command takes it. */
  addressOf(backend: number): string {
    return `127.0.0.1 ${this.#backends[backend].port}`;
  }

  /** Runs a control command. */
  control(line: string): Promise<ControlReply> {
    return this.#session.run(line);
  }

  /** Gives the file these services, and perhaps a line with an error. */
  async write(file: readonly ServiceText[], ...more: readonly string[]): Promise<void> {
    await this.#instance.write([...file.map((text) => lineOf(text, this.#firstPort, this.#backends)), ...more]);
  }

  async state(): Promise<InstanceState> {
    return JSON.parse((await this.control("show json")).text[0]);
  }

  /** Waits until `show json` says what the model says. */
  async agrees(model: ServicesModel): Promise<void> {
    const wanted = JSON.stringify(this.#expected(model)), end = performance.now() + PATIENCE * 1000;
    for (;;) {
      const actual = actualOf(await this.state());
      if (JSON.stringify(actual) === wanted) return;
      if (performance.now() > end) assert.deepEqual(actual, this.#expected(model));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.clients.values()) client[Symbol.dispose]();
    this.#session[Symbol.dispose]();
    await this.#instance[Symbol.asyncDispose]();
    for (const backend of this.#backends) await backend[Symbol.asyncDispose]();
  }

  #expected({ services, connections }: ServicesModel): unknown {
    return {
      connections: connections.length,
      services: services.map(({ text: { name, ports }, connections, groups }) => ({
        name,
        ports: ports.map((port) => this.#firstPort + port),
        connections,
        groups: groups.map(({ strategy, channels }, group) => ({
          group,
          type: strategy === "rr" ? "RR" : "Hash",
          channels: channels.map(({ backend, enabled, maxc, current, total, sent, rcvd }, channel) => {
            const { port } = this.#backends[backend];
            return { channel, port, enabled, maxc, current, total, failed: 0, sent, rcvd };
          }),
        })).filter(({ channels }) => channels.length > 0),
      })),
    };
  }
}

function actualOf({ connections, services }: InstanceState): unknown {
  return {
    connections,
    services: services.map(({ name, ports, connections, groups }) => ({
      name,
      ports: ports.map(({ first }) => first),
      connections,
      groups: groups.map(({ group, type, channels }) => ({
        group,
        type,
        channels: channels.map(({ channel, port, enabled, maxc, current, total, failed, sent, rcvd }) => ({
          channel,
          port,
          enabled,
          maxc,
          current,
          total,
          failed,
          sent,
          rcvd,
        })),
      })),
    })),
  };
}

/** The command line of a service. */
function lineOf(
  { name, ports, limit, groups }: ServiceText,
  firstPort: number,
  backends: readonly SwitchableBackend[],
): string {
  const channels = ({ channels }: GroupText) =>
    channels.map(({ backend, maxc }) => `127.0.0.1:${backends[backend].port}${maxc === 0 ? "" : `:${maxc}`}`);
  return [
    `--name ${name} -b 127.0.0.1`,
    ...limit === undefined ? [] : [`--max-connections ${limit}`],
    ports.map((port) => firstPort + port).join(),
    ...groups.flatMap((group) => [...channels(group), group.strategy === "rr" ? "!" : "%"]),
  ].join(" ");
}
