import { type ConditionKey, conditionRecordList, type conditionRecords } from "./condition_records.ts";
import type { Kind } from "./kinds/kind.ts";
import { optional, record, type Shape } from "./shape.ts";

/** @internal */
type Records = typeof conditionRecords;
type ValueOf<R> = R extends { readonly kind: Kind<infer T, infer _> } ? T : never;
type FromLibrary<R> = R extends { readonly kind: Kind<infer _, infer L> } ? L : never;

// Editors show the comments of the records, since these types are mapped over some of the keys of a type parameter.
/** @internal */
type Given<R, K extends keyof R> = { readonly [P in K]?: ValueOf<R[P]> };
/** @internal */
type Taken<R, K extends keyof R> = { readonly [P in K]?: FromLibrary<R[P]> };

/**
 * Which clients a group is for, as it was asked for, each value in its canonical form. A client must meet all that is
 * given; of several values of one, it needs one. No list is empty.
 */
export type GroupConditions = Given<Records, keyof Records>;

/**
 * Which clients a group is for. A client must meet all that is given; of several values of one, it needs one. Values are
 * as on the command line, `{ sni: "www.example.com,*.example.org" }`, or lists, `{ port: [443, "8000-8010"] }`.
 */
export type ConditionOptions = Taken<Records, keyof Records>;

/** Those that are there; undefined if there are none. */
function givenConditions(conditions: GroupConditions): GroupConditions | undefined {
  const given = conditionRecordList.flatMap(([key]) => conditions[key] === undefined ? [] : [[key, conditions[key]]]);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

/** The conditions that differ. */
export function differingConditions(a: GroupConditions = {}, b: GroupConditions = {}): ConditionKey[] {
  return conditionRecordList.filter(([key, { kind }]) => {
    const [one, other] = [a, b].map((conditions) => conditions[key] && kind.write(conditions[key]));
    return one !== other;
  }).map(([key]) => key);
}

const shape = record<GroupConditions>(
  Object.fromEntries(conditionRecordList.map(([key, { kind }]) => [key, optional(kind.check)])) as {
    readonly [K in ConditionKey]-?: Shape<GroupConditions[K]>;
  },
);

/** Checks what a program gives. @returns undefined if there is no condition in it */
export function conditionShape(value: unknown, path: string): GroupConditions | undefined {
  return givenConditions(shape(value, path));
}
