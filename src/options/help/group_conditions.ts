import type { ConditionRecord } from "../condition_record.ts";
import { conditionRecordList } from "../condition_records.ts";
import { SUMMARY, WIDTH, wrapped } from "./option_lines.ts";
import { style } from "./style.ts";

/** Heading of the part about conditions of groups. */
export const GROUP_CONDITIONS = "Conditions of a group";

/** Where they stand, and what they do. */
export const CONDITION_FORM =
  "They come before the first channel of a group: 443 sni=www.example.com web1 web2 ! other. " +
  "Groups are tried in order, and a client gets a channel of a group only if it meets all of the group's conditions. " +
  "Each condition is a list, and one match in it is enough. A client that no group is for is refused.";

/** The conditions, a line each. */
export function conditionLines(): string[] {
  return conditionRecordList.map(([, record]) => conditionLine(record));
}

/** The text of `--help groups`: the conditions of groups with everything there is to say about them. */
export function groupHelp(colour: boolean): string {
  const lines = conditionRecordList.flatMap(([, record]) => {
    const more = record.more === undefined ? [] : wrapped(record.more, WIDTH - 6).map((line) => `      ${line}`);
    return [conditionLine(record), ...more];
  });
  return [style(colour).bold(GROUP_CONDITIONS), ...wrapped(CONDITION_FORM, WIDTH), ...lines].join("\n");
}

function conditionLine({ name, kind: { metavar }, summary }: ConditionRecord): string {
  return `  ${name}=${metavar}`.padEnd(SUMMARY - 1) + ` ${summary}`;
}
