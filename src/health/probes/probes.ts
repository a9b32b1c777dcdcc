import { isIP } from "node:net";
import { type Check, readCheck, readExpected } from "../../options/check_words.ts";
import type { Probe } from "../checker.ts";
import type { Target } from "../target.ts";
import { type ResultCode, type Verdict, verdictOf } from "../verdict.ts";
import { Deadline } from "./deadline.ts";
import { converse } from "./dialogue.ts";
import { request } from "./http.ts";
import { ownHeader } from "./own_headers.ts";
import { Partings } from "./partings.ts";
import { runProgram } from "./program.ts";
import { protocols } from "./protocols.ts";
import { Wire } from "./wire.ts";

/** A check over a connection. */
type Connected = Exclude<Check, { type: "off" | "exec" }>;

/** What a check that has succeeded is called. */
const ALIVE: Readonly<Record<Connected["type"], ResultCode>> = {
  tcp: "L4OK",
  tls: "L6OK",
  http: "L7OK",
  dialogue: "L7OK",
  protocol: "L7OK",
};

/** Checks targets, each time over a new connection. */
export class Probes {
  readonly #partings: Partings;
  readonly #running = new Set<Promise<Verdict>>();

  /** @param partings most connections that wait for the back end's end after their checks */
  constructor(partings: number) {
    this.#partings = new Partings(partings);
  }

  /** Begins a check. */
  readonly begin = (target: Target): Probe => {
    const check = readCheck(target.check);
    if (check.type === "off") throw new TypeError(`Cannot check ${target.address}: it is not to be checked`);
    const probe = check.type === "exec" ? runProgram(check.program, target) : this.#connect(check, target);
    this.#running.add(probe.verdict);
    probe.verdict.then(() => this.#running.delete(probe.verdict));
    return probe;
  };

  /** Waits for checks that have been abandoned, and closes what is left. */
  async stop(): Promise<void> {
    await Promise.all(this.#running);
    await this.#partings.closeAll();
  }

  #connect(check: Connected, target: Target): Probe {
    let wire: Wire;
    try {
      wire = new Wire(target, this.#partings);
    } catch (error) {
      return { verdict: Promise.resolve(verdictOf(error, "L4CON")), abandon: () => {} };
    }
    return { verdict: outcome(wire, check, target), abandon: () => wire.expire() };
  }
}

async function outcome(wire: Wire, check: Connected, target: Target): Promise<Verdict> {
  const deadline = new Deadline(target.timeout, () => wire.expire());
  try {
    await wire.connected();
    if (target.proxy !== undefined) wire.send(ownHeader(target.proxy, wire.own, wire.other));
    await look(wire, check, target);
    return { code: ALIVE[check.type], reason: "" };
  } catch (error) {
    return verdictOf(error, "L7RSP");
  } finally {
    deadline.cancel();
    wire.close();
  }
}

async function look(wire: Wire, check: Connected, { host, port, expect }: Target): Promise<void> {
  switch (check.type) {
    case "tcp":
      return;
    case "tls":
      return await wire.secure(nameOf(host));
    case "http": {
      const { secure, path } = check;
      if (secure) await wire.secure(nameOf(host));
      const name = host.includes(":") ? `[${host}]` : host, standard = secure ? 443 : 80;
      const expected = expect === undefined ? undefined : readExpected(expect);
      return await request(wire, { path, host: port === standard ? name : `${name}:${port}`, expected });
    }
    case "dialogue":
      return await converse(wire, check.steps);
    case "protocol":
      return await protocols[check.protocol](wire);
  }
}

/** What TLS asks for: only names can be (RFC 6066, 3). */
function nameOf(host: string): string | undefined {
  return isIP(host.replace(/%.*/, "")) === 0 ? host : undefined;
}
