import type { ControlPlane } from "../../src/control/control_plane.ts";
import { Groups } from "../../src/groups/groups.ts";
import { Table } from "../../src/table/table.ts";

/** What a control server works on, without an engine: two channels, every name is 127.0.0.1. */
export function quietPlane(): ControlPlane & { readonly changes: string[]; kills: number } {
  const table = Table.create(), changes: string[] = [];
  for (const port of [8001, 8002]) table.addChannel(0, { host: "127.0.0.1", port });
  return {
    groups: new Groups(table),
    version: "1.2.3",
    changes,
    kills: 0,
    resolve: (_, port) => Promise.resolve({ host: "127.0.0.1", port: Number(port) % 65535 || 1 }),
    describe: () => ({ version: "1.2.3" }),
    changed: (command) => void changes.push(command),
    shutdown() {
      this.kills++;
    },
  };
}
