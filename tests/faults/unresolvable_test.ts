import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { echoBackend } from "../support/backends.ts";
import { run } from "../support/program.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { Echoing } from "./echoing.ts";
import { isolation } from "./isolation.ts";
import { within } from "./patience.ts";
import { type Scenario, testScenarios } from "./scenario.ts";

export const scenarios: Scenario[] = [{
  fault: "names that do not resolve",
  made: "a missing name server, then one that never answers; at start, in create and in assign",
  holds: "a clear error; the loop never stalls",
  needs: isolation,
  isolated: true,
  async measure(subject) {
    using directory = temporaryDirectory();
    const configuration = `${directory.path}/resolv.conf`;
    Deno.writeTextFileSync(configuration, "nameserver 127.0.0.1\noptions timeout:1 attempts:2\n");
    const mount = new Deno.Command("mount", { args: ["--bind", configuration, "/etc/resolv.conf"] }).outputSync();
    assert.ok(mount.success, new TextDecoder().decode(mount.stderr));
    const refused = await run(["-f", ...subject.options, "8080", "no.such.host.invalid"]);
    assert.equal(refused.code, 65);
    assert.match(refused.stderr, /^balance: cannot resolve host: "no\.such\.host\.invalid" [^\n]+\n$/);

    await using backend = echoBackend();
    await using target = await subject.balance([`127.0.0.1:${backend.port}`]);
    const nothingLeaked = await target.watchForLeaks();
    await target.control("create 127.0.0.1 1");
    const silent = createSocket("udp4");
    await new Promise<void>((resolve) => silent.bind(53, "127.0.0.1", resolve));
    const echoing = new Echoing(target), replies: string[] = [];
    const start = performance.now();
    for (const command of ["create no.such.host.invalid 80", "assign 1 no.such.host.invalid 80"]) {
      replies.push((await target.control(command)).text.join(" "));
    }
    const waited = (performance.now() - start) / 1000;
    await echoing.end();
    silent.close();
    assert.deepEqual(replies, ["invalid address", "invalid address"]);
    assert.ok(waited > 1, `the name service answered after ${waited} s`);
    const figure = within(`slowest of ${echoing.rounds} round trips meanwhile`, echoing.slowest, 200, "ms");
    await nothingLeaked();
    return [`start: exit code ${refused.code}`, `create, assign: ${replies[0]}, after ${waited.toFixed(0)} s`, figure];
  },
}];

testScenarios(import.meta.url, scenarios);
