import assert from "node:assert/strict";
import type { EngineEvent, Tap } from "../../src/engine/engine.ts";
import { C } from "../../src/engine/linux/kernel/abi.ts";
import { linuxUnavailable } from "../../src/engine/linux/availability.ts";
import { startLinux } from "../../src/engine/linux/linux.ts";
import { RecordRings } from "../../src/table/records/record_rings.ts";
import { Statistics } from "../../src/table/statistics/statistics.ts";
import { Table } from "../../src/table/table.ts";
import { eventually } from "../support/eventually.ts";
import { OneService, type OneServiceSettings } from "../support/one_service.ts";
import { RawSocket } from "./raw_socket.ts";

/** Why tests of the linux engine are skipped here; undefined when they run. */
export const unavailable = linuxUnavailable();

/** What a test has to work with. */
export interface Bench {
  readonly engine: OneService;
  readonly table: Table;
  readonly backend: RawSocket;
  readonly events: EngineEvent[];
  /** Of connections that have ended. */
  readonly rings: RecordRings;
  /** A client and the connection it leads to. */
  pair(): [client: RawSocket, server: RawSocket];
  /** Waits until the condition holds, or fails. */
  until(condition: () => boolean): Promise<void>;
}

/**
 * Runs a test with an engine before one back end, and ends both. The test closes its sockets; fails if the engine then
 * holds a connection, or the table counts one.
 */
export async function withEngine(
  test: (bench: Bench) => void | Promise<void>,
  settings: OneServiceSettings = {},
  tap?: Tap,
): Promise<void> {
  const table = Table.create(settings.threads ?? 1), backend = RawSocket.listen(4096), events: EngineEvent[] = [];
  const rings = RecordRings.create(settings.threads ?? 1);
  table.statistics = Statistics.create(settings.threads ?? 1);
  table.addChannel(0, { host: "127.0.0.1", port: backend.port });
  const engine = await OneService.start(startLinux, {
    table,
    emit: (event) => void events.push(event),
    ...tap && { tap },
    records: { rings: rings.buffer, waiting: () => {} },
    settings,
  });
  const until = (condition: () => boolean) => eventually(`${condition}`, condition);
  try {
    await test({
      engine,
      table,
      backend,
      events,
      rings,
      until,
      pair: () => {
        const client = RawSocket.connect(engine.address.port), server = backend.accept();
        for (const side of [client, server]) side.setOption(C.SOL_SOCKET, C.SO_OOBINLINE, 1);
        return [client, server];
      },
    });
    // Before the end, which settles what a thread may have left.
    await until(() => engine.connections === 0);
    assert.equal(table.current(0), 0);
  } finally {
    engine.stopAccepting();
    engine.closeAll();
    await engine.ended;
    backend.close();
  }
}
