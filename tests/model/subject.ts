import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Reply, Session } from "../../src/control/command.ts";
import { execute } from "../../src/control/commands.ts";
import type { ControlPlane } from "../../src/control/control_plane.ts";
import { Balancer, type EngineName } from "../../mod.ts";
import { Client } from "../support/client.ts";
import { processState, quietService } from "../support/control_plane.ts";
import { eventually } from "../support/eventually.ts";
import type { ModelConnection, TableModel } from "./table_model.ts";
import { SwitchableBackend } from "./switchable_backend.ts";

/** How an instance of the model is set up. */
export interface Setting {
  readonly engine: EngineName;
  readonly threads: number;
  readonly autodisable: boolean;
  readonly hashFailover: boolean;
}

/** A real balancer, its back ends and its clients, each beside its counterpart in the model. */
export class Subject implements AsyncDisposable {
  readonly balancer: Balancer;
  readonly backends: readonly SwitchableBackend[];
  readonly clients = new Map<ModelConnection, Client>();
  readonly #session: Session = { group: 0 };
  readonly #plane: ControlPlane;

  private constructor(balancer: Balancer, backends: readonly SwitchableBackend[]) {
    this.balancer = balancer;
    this.backends = backends;
    this.#plane = {
      services: [
        quietService("8080", balancer.groups, {
          resolve: (host, port) => Promise.resolve({ host, port: Number(port) }),
        }),
      ],
      version: "1.2.3",
      describe: () => processState(),
      changed: () => {},
      shutdown: () => balancer.stopAccepting(),
    };
  }

  static async start(setting: Setting, groups: readonly (readonly number[])[], count: number): Promise<Subject> {
    const backends = Array.from({ length: count }, (_, number) => new SwitchableBackend(number));
    const channel = (number: number) => ({ host: "127.0.0.1", port: backends[number].port });
    const balancer = await Balancer.start({
      ...setting,
      hostname: "127.0.0.1",
      port: 0,
      connectTimeout: 30,
      groups: groups.map((numbers) => ({ channels: numbers.map(channel) })),
    });
    return new Subject(balancer, backends);
  }

  /** Runs a control command in the one session that the model has. */
  async control(line: string): Promise<Reply> {
    const reply = await execute(line, this.#session, this.#plane);
    return reply;
  }

  connect(): Promise<Client> {
    return Client.connect(this.balancer.address.port);
  }

  /** Waits until the table matches the model. */
  async agrees(model: TableModel): Promise<void> {
    const wanted = this.#expected(model);
    try {
      await eventually("the table matches the model", () => isDeepStrictEqual(this.#actual(), wanted), 5);
    } catch {
      assert.deepEqual(this.#actual(), wanted);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.clients.values()) client[Symbol.dispose]();
    await this.balancer.stop();
    for (const backend of this.backends) await backend[Symbol.asyncDispose]();
  }

  #actual(): unknown {
    const groups = this.balancer.show().map(({ group, type, channels }) => ({
      group,
      type,
      channels: channels.map(({ host: _, address: __, ...channel }) => ({
        ...channel,
        total: Number(channel.total),
        failed: Number(channel.failed),
        sent: Number(channel.sent),
        rcvd: Number(channel.rcvd),
      })),
    }));
    return { connections: this.balancer.connections, groups };
  }

  #expected(model: TableModel): unknown {
    const groups = model.groups.map(({ strategy, channels }, group) => ({
      group,
      type: strategy === "rr" ? "RR" : "Hash",
      channels: channels.map((channel, number) => ({
        channel: number,
        enabled: !channel.operator && !channel.machine && channel.weight > 0,
        disabledBy: [
          ...channel.operator ? ["operator"] : [],
          ...channel.machine ? ["autodisable"] : [],
          ...channel.weight === 0 ? ["weight"] : [],
        ],
        port: this.backends[channel.backend].port,
        current: channel.current,
        maxc: channel.maxc,
        weight: channel.weight,
        name: null,
        ...{ proxy: null, check: null, checkPort: null, checkHost: null },
        total: channel.total,
        failed: channel.failed,
        sent: channel.sent,
        rcvd: channel.rcvd,
        failing: channel.failing,
        drainingSince: null,
      })),
    })).filter(({ channels }) => channels.length > 0);
    return { connections: model.connections.length, groups };
  }
}
