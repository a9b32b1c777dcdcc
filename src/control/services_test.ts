/** What commands do where a process has several services. */
import assert from "node:assert/strict";
import { isHarmless } from "../../tests/fuzz/foreign_text.ts";
import { quietPlane, quietService } from "../../tests/support/control_plane.ts";
import { Groups } from "../groups/groups.ts";
import type { Address } from "../table/address.ts";
import { Table } from "../table/table.ts";
import type { Session } from "./command.ts";
import { execute } from "./commands.ts";

const TABLE = "GRP Type  #   S       ip-address  port    c      totalc maxc        sent        rcvd";

/** A process with the services web, on 80 and 8000 to 8010, and mail, on 25; each has a channel. */
function process() {
  const plane = quietPlane(), session: Session = { group: 0 };
  const groups = [8001, 8025].map((port) => {
    const table = Table.create();
    table.addChannel(0, { host: "10.0.0.1", port });
    return new Groups(table);
  });
  const web = quietService("web", groups[0], { ports: [{ first: 80, last: 80 }, { first: 8000, last: 8010 }] });
  const mail = quietService("mail", groups[1], { ports: [{ first: 25, last: 25 }], connections: 7 });
  plane.services = [web, mail];
  const say = async (line: string) => (await execute(line, session, plane)).lines;
  return { plane, session, web, mail, say };
}

const row = (port: number, state = "ENA") =>
  `  0   RR  0 ${state}         10.0.0.1  ${port}    0           0    0           0           0`;

Deno.test("show has all services with a heading each, and Balance's table alone for one", async () => {
  const { plane, say, web } = process();
  assert.deepEqual(await say("show"), [
    ...["service web on ports 80, 8000-8010", TABLE, row(8001)],
    ...["service mail on port 25", TABLE, row(8025)],
  ]);
  assert.deepEqual(await say("show mail"), [TABLE, row(8025)]);
  assert.deepEqual(await say("show 8003"), [TABLE, row(8001)]);
  assert.deepEqual(await say("show mial"), ['no such service "mial", did you mean "mail"?']);
  plane.services = [web];
  assert.deepEqual(await say("show"), [TABLE, row(8001)]);
  plane.services = [];
  assert.deepEqual(await say("show"), [TABLE]);
});

Deno.test("services has a line for each, with what can take clients", async () => {
  const { say, web } = process();
  assert.deepEqual(await say("services"), [
    "SERVICE  PORTS         CHANNELS  CONNECTIONS",
    "web      80,8000-8010       1/1            0",
    "mail     25                 1/1            7",
  ]);
  web.groups.disable(0, 0);
  assert.match((await say("services"))[1], / 0\/1 /);
});

Deno.test("a session begins in the first service, and service chooses another with groups of its own", async () => {
  const { session, say, web, mail } = process();
  assert.deepEqual(await say("service"), ["web"]);
  assert.deepEqual(await say("group 3"), []);
  assert.deepEqual(await say("service mail"), []);
  assert.deepEqual(session, { group: 0, service: "mail" });
  assert.deepEqual(await say("disable 0"), ["channel 0 disabled"]);
  assert.deepEqual([web.groups.enabled(0, 0), mail.groups.enabled(0, 0)], [true, false]);
  assert.deepEqual(await say("group 2"), []);
  assert.deepEqual(await say("service 25"), []);
  assert.equal(session.group, 2, "it is the same service");
  assert.deepEqual(await say("service 8005"), []);
  assert.deepEqual(await say("service"), ["web"]);
  assert.deepEqual(await say("service http"), []);
  assert.deepEqual(await say("service 81"), ['no such service "81"']);
  assert.deepEqual(await say("service we\x1b"), ['no such service "we\\x1b", did you mean "web"?']);
});

Deno.test("a name goes before a port of that name, and one port of two services before neither", async () => {
  const { plane, say } = process();
  plane.services = [...plane.services, quietService("http"), quietService("8001", undefined, { addresses: ["::1"] })];
  assert.deepEqual(await say("service http"), []);
  assert.deepEqual(await say("service"), ["http"]);
  assert.deepEqual(await say("service 80"), ['several services are on port "80": "web", "http"']);
  assert.deepEqual(await say("service 8001"), []);
  assert.deepEqual(await say("service"), ["8001"]);
});

Deno.test("when a session's service is gone, nothing is done to another until one is chosen", async () => {
  const { plane, session, say, web, mail } = process(),
    gone = 'service "mail" has been removed; choose another with: service NAME';
  await say("service mail");
  plane.services = [web];
  for (const line of ["disable 0", "service", "mrtg-bytes 0 0", "rr"]) assert.deepEqual(await say(line), [gone]);
  assert.equal(web.groups.enabled(0, 0), true);
  assert.deepEqual(plane.changes, []);
  const [json] = await say("show json"), state = JSON.parse(json);
  assert.deepEqual([state.service, state.address, state.port, state.groups], [null, null, null, []]);
  assert.deepEqual(await say("service web"), []);
  assert.deepEqual(await say("disable 0"), ["channel 0 disabled"]);
  // The same name again is the same service, as after two reloads.
  session.service = "mail";
  plane.services = [web, mail];
  assert.deepEqual(await say("disable 0"), ["channel 0 disabled"]);
});

Deno.test("a channel is not created if, while its name is looked up, its service is removed or an upgrade begins", async () => {
  for (
    const [happens, why] of [["gone", 'service "web" has been removed; choose another with: service NAME'], [
      "frozen",
      "wait",
    ]]
  ) {
    const { plane, session, web } = process();
    let answer = () => {};
    const resolve = () => new Promise<Address>((resolve) => answer = () => resolve({ host: "10.0.0.9", port: 80 }));
    plane.services = [{ ...web, resolve }];
    const created = execute("create backend 80", session, plane);
    if (happens === "gone") plane.services = [];
    else plane.frozen = why;
    answer();
    assert.deepEqual(await created, { ok: false, lines: [why] });
    assert.deepEqual([web.groups.size(0), plane.changes], [1, []]);
  }
  const { plane } = process();
  plane.services = [];
  assert.deepEqual((await execute("disable 0", { group: 0 }, plane)).lines, ["there is no service"]);
});

Deno.test("whatever a service is called, its name steers no terminal and forges no line", async () => {
  const { plane, session, say } = process(), name = "a\x1b[31m\nservice b\u202e";
  plane.services.push(quietService(name));
  session.service = name;
  for (const line of ["show", "services", "service", "show json", "services json", "service 80", "service a\x1b[31"]) {
    for (const text of await say(line)) assert.ok(isHarmless(text), `${line}: ${text}`);
  }
  assert.deepEqual(await say("service"), ["a\\x1b[31m\\x0aservice b\\u202e"]);
  await say("rr");
  assert.deepEqual(plane.changes, ["rr (service a\\x1b[31m\\x0aservice b\\u202e group 0)"]);
  plane.services.pop();
  const [gone] = await say("rr");
  assert.ok(isHarmless(gone) && gone.startsWith('service "a\\x1b'), gone);
});

Deno.test("the log names the service when there are several", async () => {
  const { plane, say, web } = process();
  await say("disable 0");
  await say("service mail");
  await say("group 1");
  await say("hash");
  plane.services = [web];
  await say("service web");
  await say("enable 0");
  assert.deepEqual(plane.changes, [
    "disable 0 (service web group 0)",
    "hash (service mail group 1)",
    "enable 0 (group 0)",
  ]);
});

Deno.test("without a file there is nothing to save or read again, and the reply says so", async () => {
  const { say } = process(), why = "this process was started without a file of services";
  assert.deepEqual(await say("save"), [`nothing to save to: ${why}`]);
  assert.deepEqual(await say("reload"), [`nothing to reload: ${why}`]);
  assert.deepEqual(await say("reload --dry-run"), [`nothing to reload: ${why}`]);
  assert.deepEqual(await say("reload --dry"), ["syntax error"]);
  assert.deepEqual(await say("upgrade"), ["this process cannot be upgraded"]);
  assert.deepEqual(await say("show config"), ["this process cannot show its state as command lines"]);
});

Deno.test("what the process can do is asked of it", async () => {
  const { plane, say } = process(), asked: unknown[] = [];
  const able = Object.assign(plane, {
    config: () => ["balance 80 a", "balance 25 b"],
    save: () => Promise.resolve({ ok: true, lines: ["saved"] }),
    reload: (dryRun: boolean) => (asked.push(dryRun), Promise.resolve({ ok: !dryRun, lines: ["one", "two"] })),
    upgrade: () => Promise.resolve({ ok: true, lines: ["process 2 has taken over"] }),
  });
  assert.deepEqual(await say("show config"), ["balance 80 a", "balance 25 b"]);
  assert.deepEqual(await say("sa"), ["saved"]);
  assert.deepEqual(await say("rel --dry-run"), ["one", "two"]);
  assert.deepEqual(await say("reload"), ["one", "two"]);
  assert.deepEqual(asked, [true, false]);
  assert.deepEqual(await say("u"), ["process 2 has taken over"]);
  assert.deepEqual(plane.changes, ["save (group 0)"], "the others log by themselves");
  able.frozen = "an upgrade is under way, try again in a moment";
  for (const line of ["save", "reload", "upgrade", "disable 0", "kill"]) {
    assert.deepEqual(await say(line), [able.frozen]);
  }
  assert.deepEqual([await say("reload --dry-run"), await say("group 1"), plane.kills], [["one", "two"], [], 0]);
});
