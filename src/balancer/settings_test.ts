import assert from "node:assert/strict";
import type { BalancerOptions } from "./options.ts";
import { engineSettings } from "./settings.ts";

const settings = (options: Partial<BalancerOptions>) => engineSettings({ port: 8080, ...options }, []);

Deno.test("everything but the port has a default", () => {
  assert.deepEqual({ ...settings({}) }, {
    hostname: "0.0.0.0",
    port: 8080,
    source: undefined,
    connectTimeout: 5,
    idleTimeout: 0,
    halfCloseTimeout: 3600,
    abortOnClose: false,
    backlog: 4096,
    autodisable: false,
    hashFailover: false,
    failTimeout: 0,
    trace: false,
    strategies: undefined,
    threads: 1,
    clientKeepAlive: undefined,
    channelKeepAlive: undefined,
    sendBuffer: undefined,
    receiveBuffer: undefined,
    userTimeout: undefined,
  });
});
