import assert from "node:assert/strict";
import { environmentForSuccessor, readServiceEnvironment } from "./service_environment.ts";

const read = (variables: Record<string, string>, ...own: number[]) =>
  readServiceEnvironment((name) => variables[name], own.length === 0 ? [7] : own);

Deno.test("without a service manager there is nothing", () => {
  assert.deepEqual(read({}), { notifySocket: undefined, watchdog: undefined, handedOver: [] });
  assert.deepEqual(read({ NOTIFY_SOCKET: "", WATCHDOG_USEC: "0", LISTEN_PID: "7", LISTEN_FDS: "0" }), read({}));
});

Deno.test("descriptors begin with the third and have the names of the service manager", () => {
  const { handedOver } = read({ LISTEN_PID: "7", LISTEN_FDS: "4", LISTEN_FDNAMES: "web::unknown" });
  assert.deepEqual(handedOver, [
    { descriptor: 3, name: "web" },
    { descriptor: 4, name: undefined },
    { descriptor: 5, name: undefined },
    { descriptor: 6, name: undefined },
  ]);
});

Deno.test("what was meant for another process does not count", () => {
  const variables = { LISTEN_PID: "8", LISTEN_FDS: "1", WATCHDOG_PID: "8", WATCHDOG_USEC: "3000000" };
  assert.deepEqual(read(variables), read({}));
  assert.deepEqual(read(variables, 7, 8).handedOver.length, 1);
  assert.equal(read(variables, 7, 8).watchdog, 3000);
});

Deno.test("numbers that are none count as nothing", () => {
  for (const word of ["-1", "1.5", "0x3", " 1", "1e3", "9".repeat(40)]) {
    assert.deepEqual(read({ LISTEN_PID: "7", LISTEN_FDS: word, WATCHDOG_USEC: word }), read({}));
  }
});

Deno.test("a successor is told of the same service manager, and nothing of descriptors", () => {
  const environment = read({
    NOTIFY_SOCKET: "@manager",
    WATCHDOG_PID: "7",
    WATCHDOG_USEC: "2000000",
    LISTEN_PID: "7",
    LISTEN_FDS: "1",
  });
  const passed = environmentForSuccessor(environment);
  assert.deepEqual(passed, { NOTIFY_SOCKET: "@manager", WATCHDOG_USEC: "2000000" });
  assert.deepEqual(read(passed, 99), { ...environment, handedOver: [] });
});
