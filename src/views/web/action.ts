import { quote } from "../../log/escape.ts";
import { MAX_CHANNELS, MAX_GROUPS } from "../../table/limits.ts";

/** What the page may do to a channel. */
export interface Action {
  readonly service: string;
  readonly group: number;
  /** The control command. */
  readonly command: string;
}

/** What can be done, as control commands call it. */
const VERBS = ["enable", "disable", "drain", "weight"];

/**
 * Reads `{"service": "web", "group": 0, "channel": 1, "do": "drain"}`; with `"do": "weight"`, there is a `"weight"` too.
 *
 * @throws {ActionFault} naming the field that is wrong
 */
export function readAction(body: Uint8Array): Action {
  let given: unknown;
  try {
    given = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw new ActionFault("the body is no JSON text");
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new ActionFault("the body is no JSON object");
  }
  const fields = given as Readonly<Record<string, unknown>>, verb = fields.do;
  if (typeof verb !== "string" || !VERBS.includes(verb)) throw new ActionFault(`do must be one of ${VERBS.join(", ")}`);
  const known = ["service", "group", "channel", "do", ...verb === "weight" ? ["weight"] : []];
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new ActionFault(`there is no field ${quote(unknown)}`);
  if (typeof fields.service !== "string") throw new ActionFault("service must be a text");
  const number = (name: string, below: number) => {
    const value = fields[name];
    if (Number.isInteger(value) && Number(value) >= 0 && Number(value) < below) return Number(value);
    throw new ActionFault(`${name} must be a whole number from 0 to ${below - 1}`);
  };
  const group = number("group", MAX_GROUPS), channel = number("channel", MAX_CHANNELS);
  const more = verb === "weight" ? ` ${number("weight", 65_536)}` : "";
  return { service: fields.service, group, command: `${verb} ${channel}${more}` };
}

/** Why a body is no action. */
export class ActionFault extends Error {}
