import assert from "node:assert/strict";
import { parseHost } from "../table/address.ts";
import type { Client } from "../selection/strategy.ts";
import type { RefusalReason } from "../table/clients/refusals.ts";
import { type Admittance, Reception, type ReceptionTerms, STEP, type Step, UNRECOGNIZED_NAME } from "./reception.ts";

const PEER = parseHost("192.0.2.1").bytes, CLIENT = parseHost("198.51.100.7").bytes;
const LINE = "PROXY TCP4 198.51.100.7 203.0.113.1 4711 443\r\n";
const NOTHING = new Uint8Array(0);

/** Answers as it is told to, and notes what it was asked. */
class Doorman implements Admittance {
  guards = true;
  reset = false;
  proxyTimeout = 5;
  peers = true;
  header = false;
  handle = 0;
  readonly entered: Uint8Array[] = [];
  readonly left: number[] = [];
  readonly refusals: [string, Uint8Array][] = [];
  fault: string | undefined;
  objection: RefusalReason | undefined;

  admitsPeer = () => this.peers;
  expectsHeader = () => this.header;

  enter(address: Uint8Array): number {
    this.entered.push(address.slice());
    return this.handle;
  }

  leave(handle: number): void {
    this.left.push(handle);
  }

  refused(reason: string, address: Uint8Array, fault?: string): void {
    this.refusals.push([reason, address.slice()]);
    this.fault = fault;
  }
}

function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function begun(access: Doorman | undefined, listens = false): [Reception, Step] {
  const reception = new Reception(),
    terms = { access, preambleTimeout: 3000, listensTo: () => listens, takes: () => true };
  return [reception, reception.begin(terms, PEER, 1234, 443)];
}

Deno.test("a client of a service that asks for nothing is admitted at once", () => {
  const [reception, step] = begun(undefined);
  assert.equal(step, STEP.ADMITTED);
  const { client } = reception;
  assert.deepEqual([client.address, client.port, client.localPort, client.greeting], [PEER, 1234, 443, undefined]);
});

Deno.test("whoever guards nothing is not asked", () => {
  const access = new Doorman();
  access.guards = access.peers = false;
  assert.equal(begun(access)[1], STEP.ADMITTED);
  assert.equal(access.entered.length, 0);
});

Deno.test("a peer that may not connect is refused before it can say anything", () => {
  const access = new Doorman();
  access.peers = false;
  access.header = access.reset = true;
  access.objection = "peer";
  const [reception, step] = begun(access);
  assert.equal(step, STEP.REFUSED);
  assert.deepEqual([reception.reset, reception.objection], [true, "peer"]);
  assert.equal(access.entered.length, 0);
});

Deno.test("a client is refused at once by the lists, and nothing is to be given back", () => {
  const access = new Doorman();
  access.handle = -1;
  const [reception, step] = begun(access, true);
  assert.equal(step, STEP.REFUSED);
  assert.deepEqual([reception.reset, reception.handle], [false, 0]);
});

Deno.test("the handle of a client's limit is there as soon as it has entered, and not for the next client", () => {
  const access = new Doorman();
  access.handle = 7;
  const [reception, step] = begun(access, true);
  assert.deepEqual([step, reception.handle], [STEP.MORE, 7]);
  reception.begin({ preambleTimeout: 3000, listensTo: () => false, takes: () => true }, PEER, 1, 2);
  assert.equal(reception.handle, 0);
});

Deno.test("a PROXY header may come in any pieces, and the client that it names is the client", () => {
  for (let split = 1; split < LINE.length; split++) {
    const access = new Doorman();
    access.header = true;
    access.handle = 3;
    const [reception, step] = begun(access), all = bytes(LINE + "hello");
    assert.deepEqual([step, reception.time, reception.wanted], [STEP.MORE, 5000, 1]);
    assert.equal(reception.look(all.subarray(0, split), false), STEP.MORE);
    assert.ok(reception.wanted > split);
    assert.equal(access.entered.length, 0);
    assert.equal(reception.look(all, false), STEP.CONSUME);
    assert.deepEqual([reception.consume, reception.handle], [LINE.length, 3]);
    assert.equal(reception.look(all.subarray(LINE.length), false), STEP.ADMITTED);
    assert.deepEqual([reception.client.address, reception.client.port], [CLIENT, 4711]);
    assert.equal(reception.client.localPort, 443);
    assert.equal(reception.header?.destination?.port, 443);
    assert.deepEqual(access.entered, [CLIENT]);
  }
});

Deno.test("lists and limits are asked about the client that a header names, and a refused one is reset if that is wanted", () => {
  const access = new Doorman();
  access.header = access.reset = true;
  access.handle = -1;
  const [reception] = begun(access);
  assert.equal(reception.look(bytes(LINE), false), STEP.REFUSED);
  assert.equal(reception.reset, true);
  assert.deepEqual(access.entered, [CLIENT]);
});

Deno.test("a proxy that speaks for itself is a client like any other", () => {
  for (const line of ["PROXY UNKNOWN\r\n", "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"]) {
    const access = new Doorman();
    access.header = true;
    const [reception] = begun(access);
    assert.equal(reception.look(bytes(line), true), STEP.CONSUME);
    assert.equal(reception.consume, line.length);
    assert.equal(reception.look(NOTHING, true), STEP.ADMITTED);
    assert.deepEqual([reception.client.address, reception.client.port], [PEER, 1234]);
    assert.deepEqual(access.entered, [PEER]);
  }
});

Deno.test("a proxy that leaves without a word is no refusal", () => {
  const access = new Doorman();
  access.header = true;
  const [reception] = begun(access);
  assert.equal(reception.look(NOTHING, false), STEP.MORE);
  assert.equal(reception.look(NOTHING, true), STEP.LEFT);
  assert.deepEqual(access.refusals, []);
});

Deno.test("a header that is malformed, cut off or late is refused with the peer's address, and closed without a reset", () => {
  const cases: [string, (reception: Reception) => Step, fault?: string][] = [
    [
      "proxy-header",
      (reception) => reception.look(bytes("GET / HTTP/1.1\r\n"), false),
      "neither version 1 nor version 2",
    ],
    ["proxy-header", (reception) => reception.look(bytes("PROXY TCP4 198."), true), "it ends too early"],
    ["proxy-timeout", (reception) => reception.expired(bytes("PROXY TCP4 198."))],
    ["proxy-timeout", (reception) => reception.expired(NOTHING)],
  ];
  for (const [reason, act, fault] of cases) {
    const access = new Doorman();
    access.header = access.reset = true;
    const [reception] = begun(access);
    assert.equal(act(reception), STEP.REFUSED);
    assert.deepEqual([reception.reset, access.refusals, access.entered], [false, [[reason, PEER]], []]);
    assert.deepEqual([reception.objection, access.fault], [reason, fault]);
  }
});

Deno.test("what a client says first is waited for where groups depend on it", () => {
  const [reception, step] = begun(undefined, true);
  assert.deepEqual([step, reception.time, reception.wanted], [STEP.MORE, 3000, 1]);
  assert.equal(reception.look(bytes("SS"), false), STEP.MORE);
  assert.ok(reception.wanted > 2);
  assert.equal(reception.look(bytes("SSH-2.0-x\r\n"), false), STEP.ADMITTED);
  assert.equal(reception.client.greeting?.protocol, "ssh");
});

Deno.test("a client that says nothing, until its time has passed or it has ended, is admitted as such", () => {
  for (const act of [(it: Reception) => it.expired(NOTHING), (it: Reception) => it.look(NOTHING, true)]) {
    const [reception] = begun(undefined, true);
    assert.equal(act(reception), STEP.ADMITTED);
    assert.equal(reception.client.greeting?.protocol, "none");
  }
});

Deno.test("after a header, its client is listened to, and has its own time for that", () => {
  const access = new Doorman(), asked: Client[] = [];
  access.header = true;
  const reception = new Reception(),
    terms: ReceptionTerms = {
      access,
      preambleTimeout: 3000,
      listensTo(client) {
        asked.push({ ...client, address: client.address.slice() });
        return true;
      },
      takes: () => true,
    };
  reception.begin(terms, PEER, 1234, 443);
  assert.equal(reception.look(bytes(LINE), false), STEP.CONSUME);
  assert.equal(reception.time, 3000);
  assert.deepEqual(asked.map(({ address }) => address), [CLIENT]);
  assert.equal(reception.look(NOTHING, false), STEP.MORE);
  assert.equal(reception.wanted, 1);
  assert.equal(reception.look(bytes("GET / HTTP/1.1\r\n"), false), STEP.ADMITTED);
  assert.equal(reception.client.greeting?.protocol, "http");
});

Deno.test("a client that no group is for is refused, its limit given back, and a TLS client told", () => {
  const words: [string, Uint8Array | undefined][] = [
    ["GET / HTTP/1.1\r\n", undefined],
    ["\x16\x03\x01\0\x05\x01\0\0\x01\0", UNRECOGNIZED_NAME],
  ];
  for (const [said, farewell] of words) {
    const access = new Doorman(), reception = new Reception();
    access.handle = 7;
    access.reset = true;
    reception.begin({ access, preambleTimeout: 3000, listensTo: () => true, takes: () => false }, PEER, 1234, 443);
    assert.equal(reception.handle, 7);
    assert.equal(reception.look(bytes(said), true), STEP.REFUSED);
    assert.deepEqual([reception.handle, access.left, access.refusals], [0, [7], [["no-route", PEER]]]);
    assert.equal(reception.objection, "no-route");
    assert.deepEqual([reception.farewell, reception.reset], [farewell, false]);
    reception.begin({ preambleTimeout: 3000, listensTo: () => false, takes: () => true }, PEER, 1, 2);
    assert.equal(reception.farewell, undefined);
  }
});

Deno.test("a client that no group is for is refused at once where no group depends on what it says", () => {
  const access = new Doorman(), reception = new Reception();
  access.handle = 7;
  const terms = { access, preambleTimeout: 3000, listensTo: () => false, takes: () => false };
  assert.equal(reception.begin(terms, PEER, 1234, 443), STEP.REFUSED);
  assert.deepEqual([reception.handle, access.left, access.refusals], [0, [7], [["no-route", PEER]]]);
});
