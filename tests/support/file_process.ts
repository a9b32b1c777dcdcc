import assert from "node:assert/strict";
import type { ControlledService } from "../../src/control/control_plane.ts";
import { type ControlServer, startControlServer } from "../../src/control/server.ts";
import { Groups } from "../../src/groups/groups.ts";
import { Table } from "../../src/table/table.ts";
import { quietPlane, quietService } from "./control_plane.ts";
import { type Outcome, programPath, run, type RunOptions } from "./program.ts";
import { type ControlDirectory, temporaryDirectory } from "./temporary_directory.ts";

/** A service with one channel, on these ports. */
export function service(name: string, ports: readonly number[], address = "0.0.0.0"): ControlledService {
  const groups = new Groups(Table.create());
  groups.add(0, { host: "127.0.0.1", address: { host: "127.0.0.1", port: ports[0] } });
  const ranges = ports.map((port) => ({ first: port, last: port }));
  return quietService(name, groups, { ports: ranges, addresses: [address] });
}

/** A process with a file of services, of which only the control socket is real. */
export class FileProcess implements Disposable {
  readonly plane = quietPlane();
  readonly directory: ControlDirectory = temporaryDirectory();
  readonly servers: ControlServer[] = [];

  static async start(services: readonly ControlledService[], config = "17"): Promise<FileProcess> {
    const process = new FileProcess();
    process.plane.services = [...services];
    await process.open(config, process.plane);
    return process;
  }

  /** Opens another entry in the same directory. */
  async open(config: string, plane: ReturnType<typeof quietPlane>, draft = false): Promise<ControlServer> {
    const server = await startControlServer(plane, { directory: this.directory.path, config, draft });
    this.servers.push(server);
    return server;
  }

  balance(args: readonly string[], options?: RunOptions): Promise<Outcome> {
    return run([...args, "--control-dir", programPath(this.directory.path)], options);
  }

  /** What a command prints. */
  async say(command: string, ...more: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.balance(["-c", command, ...more]);
    assert.deepEqual([code, stderr], [0, ""]);
    return stdout;
  }

  [Symbol.dispose](): void {
    for (const server of this.servers) {
      server.close();
      server.closeSessions();
    }
    this.directory[Symbol.dispose]();
  }
}
