/** What can happen to a balancer, each step on the model and on the real one. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Client } from "../support/client.ts";
import { within } from "../support/eventually.ts";
import { digestOf, pattern } from "../support/pattern.ts";
import type { Subject } from "./subject.ts";
import { newChannel, type TableModel } from "./table_model.ts";

type Step = fc.AsyncCommand<TableModel, Subject>;

/** Seconds that anything on loopback may take. */
const PATIENCE = 20;

/** A step with its name; afterwards table and model must agree. */
function step(
  name: string,
  run: (model: TableModel, subject: Subject) => Promise<void>,
  check: (model: TableModel) => boolean = () => true,
): Step {
  return {
    check,
    toString: () => name,
    run: async (model, subject) => {
      await run(model, subject);
      await subject.agrees(model);
    },
  };
}

/** A client comes, and reaches the back end that the model names, or nothing at all. */
async function connect(model: TableModel, subject: Subject): Promise<void> {
  const expected = model.connect(), client = await subject.connect();
  if (expected === undefined) {
    const { length } = await within(PATIENCE, "wait to be turned away", client.readToEnd());
    client[Symbol.dispose]();
    assert.equal(length, 0, "a client without a channel was sent something");
    return;
  }
  subject.clients.set(expected, client);
  const [name] = await within(PATIENCE, "wait for the back end's name", client.readExactly(1));
  assert.equal(name, expected.backend, "another back end answers than the model says");
  expected.channel.rcvd++;
}

/** The connection that a number stands for. */
function pick<T>(all: readonly T[], number: number): T {
  return all[number % all.length];
}

const anyConnection = ({ connections }: TableModel) => connections.length > 0;

function send(which: number, bytes: number): Step {
  return step(`send ${bytes} bytes on ${which}`, async (model, subject) => {
    const connection = pick(model.connections, which), client = subject.clients.get(connection)!;
    const data = pattern(bytes, bytes + 1);
    const [back] = await within(
      PATIENCE,
      "wait for the echo",
      Promise.all([client.readExactly(bytes), client.send(data)]),
    );
    assert.deepEqual(digestOf(back), digestOf(data), "the echo differs");
    connection.channel.sent += bytes;
    connection.channel.rcvd += bytes;
  }, anyConnection);
}

function leave(which: number, how: "half-close" | "vanish"): Step {
  return step(`${how} ${which}`, async (model, subject) => {
    const connection = pick(model.connections, which), client = subject.clients.get(connection)!;
    if (how === "half-close") {
      await client.finish();
      assert.equal((await within(PATIENCE, "wait for the end", client.readToEnd())).length, 0);
    }
    forget(subject, connection, client);
    model.closed(connection);
  }, anyConnection);
}

function forget(subject: Subject, connection: Parameters<TableModel["closed"]>[0], client: Client): void {
  client[Symbol.dispose]();
  subject.clients.delete(connection);
}

function backendGoes(number: number, how: "refuses" | "crashes"): Step {
  return step(`back end ${number} ${how}`, async (model, subject) => {
    model.up[number] = false;
    if (how === "refuses") return subject.backends[number].down();
    await subject.backends[number].crash();
    for (const connection of model.connections.filter(({ backend }) => backend === number)) {
      const client = subject.clients.get(connection)!;
      assert.equal((await within(PATIENCE, "wait for the crash", client.readToEnd())).length, 0);
      forget(subject, connection, client);
      model.closed(connection);
    }
  });
}

function backendReturns(number: number): Step {
  return step(`back end ${number} returns`, (model, subject) => {
    model.up[number] = true;
    subject.backends[number].up();
    return Promise.resolve();
  });
}

/** A control command; `change` changes the model and says what must be answered. */
function control(line: (subject: Subject) => string, name: string, change: (model: TableModel) => string): Step {
  return step(name, async (model, subject) => {
    const reply = await subject.control(line(subject));
    assert.equal(reply.lines.join("\n"), change(model));
  });
}

const plain = (line: string, change: (model: TableModel) => string) => control(() => line, line, change);

function enable(ch: number): Step {
  return plain(`enable ${ch}`, (model) => {
    const channel = model.channel(ch);
    if (channel === undefined) return `no such channel ${ch}`;
    const was = channel.operator || channel.machine, end = channel.weight === 0 ? ", but its weight is 0" : "";
    channel.operator = channel.machine = false;
    return was ? `channel ${ch} enabled${end}` : `channel ${ch} already enabled${end}`;
  });
}

function disable(ch: number): Step {
  return plain(`disable ${ch}`, (model) => {
    const channel = model.channel(ch);
    if (channel === undefined) return `no such channel ${ch}`;
    const was = channel.operator || channel.machine || channel.weight === 0;
    channel.operator = true;
    return was ? `channel ${ch} already disabled` : `channel ${ch} disabled`;
  });
}

function maxc(ch: number, limit: number): Step {
  return plain(`maxc ${ch} ${limit}`, (model) => {
    const channel = model.channel(ch);
    if (channel === undefined) return "unknown channel";
    channel.maxc = limit;
    return `maxc of channel ${ch} changed to ${limit}`;
  });
}

function weight(ch: number, weight: number): Step {
  return plain(`weight ${ch} ${weight}`, (model) => {
    const channel = model.channel(ch);
    if (channel === undefined) return `no such channel ${ch}`;
    channel.weight = weight;
    return `weight of channel ${ch} changed to ${weight}`;
  });
}

function reset(ch: number): Step {
  return plain(`reset ${ch}`, (model) => {
    const channel = model.channel(ch);
    if (channel === undefined) return `no such channel ${ch}`;
    channel.total =
      channel.failed =
      channel.sent =
      channel.rcvd =
        0;
    return `channel ${ch} counters reset`;
  });
}

function create(backend: number): Step {
  const line = (subject: Subject) => `create 127.0.0.1 ${subject.backends[backend].port}`;
  return control(line, `create a channel to ${backend}`, (model) => {
    model.groups[model.group].channels.push(newChannel(backend, true));
    return "channel created";
  });
}

function assign(ch: number, backend: number): Step {
  const line = (subject: Subject) => `assign ${ch} 127.0.0.1 ${subject.backends[backend].port}`;
  return control(line, `assign ${ch} to ${backend}`, (model) => {
    const channel = model.channel(ch);
    if (channel === undefined) return "unknown channel";
    if (!channel.operator && !channel.machine && channel.weight > 0) {
      return "channel must be disabled to assign new address";
    }
    channel.backend = backend;
    channel.failing = false;
    return "channel reassigned";
  });
}

function group(number: number): Step {
  return plain(`group ${number}`, (model) => {
    if (number >= 32) return "value out of range";
    model.group = number;
    return "";
  });
}

function strategy(name: "rr" | "hash"): Step {
  return plain(name, (model) => {
    model.groups[model.group].strategy = name;
    return `group ${model.group} set to ${name === "rr" ? "round robin" : "hash"}`;
  });
}

/** All kinds of steps, those that make others possible more often. */
export function steps(backends: number): fc.Arbitrary<Step>[] {
  const ch = fc.nat(3), backend = fc.nat(backends - 1), which = fc.nat(20);
  const connects = fc.constant(step("connect", connect));
  return [
    connects,
    connects,
    connects,
    fc.tuple(which, fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 300_000 }))).map((args) =>
      send(...args)
    ),
    fc.tuple(which, fc.constantFrom("half-close" as const, "vanish" as const)).map((args) => leave(...args)),
    fc.tuple(backend, fc.constantFrom("refuses" as const, "crashes" as const)).map((args) => backendGoes(...args)),
    backend.map(backendReturns),
    ch.map(enable),
    ch.map(disable),
    fc.tuple(ch, fc.nat(2)).map((args) => maxc(...args)),
    fc.tuple(ch, fc.nat(1)).map((args) => weight(...args)),
    ch.map(reset),
    backend.map(create),
    fc.tuple(ch, backend).map((args) => assign(...args)),
    fc.constantFrom(0, 1, 2, 32).map(group),
    fc.constantFrom("rr" as const, "hash" as const).map(strategy),
  ];
}
