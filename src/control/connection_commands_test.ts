import assert from "node:assert/strict";
import { quietPlane, quietService } from "../../tests/support/control_plane.ts";
import { formatNetwork } from "../access/network_words.ts";
import type { Session } from "./command.ts";
import { execute } from "./commands.ts";
import type { ConnectionChoice } from "./control_plane.ts";

/** A service that notes what is asked of it. */
function process() {
  const plane = quietPlane(), session: Session = { group: 0 }, asked: unknown[] = [];
  const readable = ({ client, ...choice }: ConnectionChoice) =>
    client === undefined ? choice : { ...choice, client: client.map(formatNetwork) };
  plane.services[0] = quietService("8080", plane.groups, {
    listConnections: (choice, form) => {
      asked.push([form, readable(choice)]);
      return Promise.resolve({ count: 0, chunks: (async function* () {})() });
    },
    closeConnections: (choice) => {
      asked.push(readable(choice));
      return Promise.resolve(asked.length);
    },
    closeConnection: (id) => Promise.resolve({ [0x3f]: "8080", 71: "mail" }[id]),
  });
  plane.groups.add(3, { host: "a", address: { host: "10.0.0.1", port: 80 }, name: "spare" });
  const ask = async (line: string) => {
    const { ok, lines } = await execute(line, session, plane);
    return `${ok ? "" : "! "}${lines.join("\n")}`;
  };
  return { plane, session, asked, ask };
}

Deno.test("show connections hands on which are meant, in any order, and numbers of channels are those of the group", async () => {
  const { plane, session, asked, ask } = process();
  await ask("show connections");
  await ask("show connections json");
  await ask("sho connections older 1.5 channel 1 client 10.0.0.0/8,::1 json");
  await ask("show connections client all channel spare older 0");
  session.group = 3;
  await ask("show connections channel 0");
  const spare = plane.groups.idOf(3, 0);
  assert.deepEqual(asked, [
    ["text", {}],
    ["json", {}],
    ["json", { older: 1.5, channel: 1, client: ["10.0.0.0/8", "::1"] }],
    ["text", { older: 0, channel: spare, client: ["0.0.0.0/0", "::/0"] }],
    ["text", { channel: spare }],
  ]);
});

Deno.test("each word that is wrong is named, and nothing is done", async () => {
  const { asked, ask } = process();
  for (const command of ["show connections", "close"]) {
    const words = `older, client${command === "close" ? " or channel" : ", channel or json"}`;
    assert.equal(await ask(`${command} foo 1`), `! give ${words} in place of "foo"`);
    assert.equal(await ask(`${command} older 1 client`), "! client needs an address or a network");
    assert.equal(await ask(`${command} older 1 older 2`), "! older is there twice");
    assert.equal(await ask(`${command} older -1`), '! invalid time "-1": give 0 to 2147483647 seconds');
    assert.equal(
      await ask(`${command} older 99999999999`),
      '! invalid time "99999999999": give 0 to 2147483647 seconds',
    );
    assert.match(await ask(`${command} client 10.0.0.1/8`), /^! invalid network: .*did you mean 10\.0\.0\.0\/8\?$/);
    assert.match(await ask(`${command} client @file`), /^! invalid network "@file": files are for/);
    assert.equal(await ask(`${command} channel 9`), "! no such channel 9");
    assert.equal(await ask(`${command} channel spar`), '! no such channel "spar", did you mean "spare"?');
  }
  assert.equal(await ask("show connections json older 1"), '! give older, client, channel or json in place of "json"');
  assert.equal(await ask("show connections older"), "! older needs seconds");
  assert.deepEqual(asked, []);
});

Deno.test("close says how many it has closed, and is logged", async () => {
  const { plane, asked, ask } = process();
  assert.equal(await ask("close older 60"), "1 connection closed");
  assert.equal(await ask("close channel 0 client 10.1.2.3"), "2 connections closed");
  assert.deepEqual(asked, [{ older: 60 }, { channel: 0, client: ["10.1.2.3"] }]);
  assert.deepEqual(plane.changes, ["close older 60 (group 0)", "close channel 0 client 10.1.2.3 (group 0)"]);
});

Deno.test("close with an id closes that connection, whatever service it is of", async () => {
  const { plane, ask } = process();
  assert.equal(await ask("close 1R"), "connection 1r closed");
  assert.equal(await ask("close 1z"), 'connection 1z of service "mail" closed');
  assert.deepEqual(plane.changes, ["close 1R (group 0)", "close 1z (group 0)"]);
  assert.equal(await ask("close 2"), '! no such connection "2"');
  assert.equal(await ask("close client"), "! client needs an address or a network");
  assert.equal(await ask("close 10.0.0.1"), '! invalid connection "10.0.0.1": give an id as show connections has it');
  assert.equal(plane.changes.length, 2);
});

Deno.test("close needs words, and takes no abbreviation from another command", async () => {
  const { ask } = process();
  assert.equal(await ask("close"), "! syntax error");
  assert.equal(await ask("c 127.0.0.1 80"), "channel created", "create comes first");
  assert.equal(await ask("cl 1r"), "connection 1r closed");
});

Deno.test("the other words of show still take one word at most", async () => {
  const { ask } = process();
  for (
    const line of ["show json x", "show config x", "show sticky a b", "show clients 1 2", "show 8080 x", "show x y z"]
  ) {
    assert.equal(await ask(line), "! syntax error", line);
  }
});
