import type { ControlledService, ControlPlane } from "../../src/control/control_plane.ts";
import type { ProcessState } from "../../src/state/state.ts";
import { Groups } from "../../src/groups/groups.ts";
import { ServiceAccess } from "../../src/service/access/service_access.ts";
import { why } from "../../src/service/explanation/why.ts";
import type { Draft } from "../../src/service/drafts/draft.ts";
import type { ServiceSettings } from "../../src/engine/engine.ts";
import { Table } from "../../src/table/table.ts";

/** What a process without an engine says about itself. */
export function processState(version = "1.2.3"): ProcessState {
  return {
    ...{ version, pid: 1, engine: "portable", engineReason: "it was asked for", threads: 1 },
    ...{ started: "2026-01-01T00:00:00.000Z", uptime: 0, connections: 0 },
    ...{ log: { target: "stderr", problem: null, lost: 0 }, config: null },
  };
}

/** What decides about clients of such a service. */
const SETTINGS: Partial<ServiceSettings> = { autodisable: false, hashFailover: false, failTimeout: 0, trace: false };

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** A service without an engine: every name is 127.0.0.1, unless it is told otherwise. */
export function quietService(
  name: string,
  groups = new Groups(Table.create()),
  more: Partial<ControlledService> = {},
): ControlledService {
  const port = Number(name) || 80;
  let access: ServiceAccess | undefined;
  const service: ControlledService = {
    name,
    groups,
    addresses: ["0.0.0.0"],
    ports: [{ first: port, last: port }],
    connections: 0,
    resolve: (_, port) => Promise.resolve({ host: "127.0.0.1", port: Number(port) % 65535 || 1 }),
    operators: () => Promise.resolve((access ??= new ServiceAccess(1)).makeOperators()),
    get access() {
      return access?.state;
    },
    why: (client, options) =>
      why(
        {
          ...{ name, groups, access, ports: [{ first: port, last: port, word: `${port}` }] },
          ...{
            address: { hostname: "0.0.0.0", port },
            given: {} as Draft,
            delays: [],
            settings: SETTINGS as ServiceSettings,
          },
        },
        client,
        options,
      ),
    drain: (group, channel) => {
      groups.drain(group, channel);
      return Promise.resolve({ how: "empty", closed: 0, seconds: 0 });
    },
    close: () => Promise.resolve(0),
    listConnections: () => Promise.resolve({ count: 0, chunks: nothing() }),
    connectedClients: () => Promise.resolve([]),
    closeConnections: () => Promise.resolve(0),
    closeConnection: () => Promise.resolve(undefined),
    waitUntil: (look) => Promise.resolve(look(service)),
    ...more,
  };
  return service;
}

/** What a control server works on, without an engine: one service with two channels. */
export function quietPlane(): ControlPlane & {
  services: ControlledService[];
  frozen?: string;
  readonly groups: Groups;
  readonly changes: string[];
  kills: number;
} {
  const table = Table.create(), groups = new Groups(table), changes: string[] = [];
  for (const port of [8001, 8002]) table.addChannel(0, { host: "127.0.0.1", port });
  return {
    groups,
    services: [quietService("8080", groups)],
    version: "1.2.3",
    changes,
    kills: 0,
    describe: () => processState(),
    changed: (command) => void changes.push(command),
    shutdown() {
      this.kills++;
    },
  };
}
