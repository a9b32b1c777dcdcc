import type { GroupReport } from "../../groups/report.ts";
import { quote } from "../../log/escape.ts";
import { type ConditionKey, conditionRecords } from "../../options/condition_records.ts";
import { conditionWords } from "../../options/condition_words.ts";
import type { GroupConditions } from "../../options/group_conditions.ts";
import { type Condition, Conditions } from "../../selection/conditions.ts";
import type { ExplainedGroup } from "../../selection/explanation/explanation.ts";
import type { Client } from "../../selection/strategy.ts";
import type { Subject } from "./subject.ts";

/** For whom a group is, and why it is not for this client. */
export function groupReason(
  { group, usable, unheard }: ExplainedGroup,
  { conditions }: GroupReport,
  { client, service: { groups } }: Subject,
): { readonly conditions: string | null; readonly reason: string } {
  if (conditions === undefined) return { conditions: null, reason: "" };
  const words = conditionWords(conditions).join(" ");
  if (usable) return { conditions: words, reason: "" };
  const number = groups.table.condition(group), condition = groups.conditions.map([number])?.get(number);
  const unmet = (Object.keys(conditions) as ConditionKey[]).filter((key) => !meets(key, condition, client));
  const reasons = unmet.map((key) => reasonFor(key, conditions, client, unheard));
  return { conditions: words, reason: reasons.join("; ") };
}

/** Whether the client meets one of a group's conditions. */
function meets(key: ConditionKey, condition: Condition | undefined, client: Client): boolean {
  const name = key === "proto" ? "protocol" : key;
  return new Conditions(new Map([[1, { [name]: condition?.[name] }]])).met(1, client);
}

function reasonFor(key: ConditionKey, conditions: GroupConditions, client: Client, unheard: boolean): string {
  const [words] = conditionWords({ [key]: conditions[key] }), wanted = `only for clients with ${words}`;
  const { greeting, localPort } = client;
  if (key === "port") return `${wanted}, not ${localPort}`;
  if (key === "from") return wanted;
  if (greeting === undefined) return unheard ? `${wanted}, and what this one says first is not known` : wanted;
  if (key === "sni") {
    return `${wanted}, ${greeting.serverName === "" ? "not without a name" : `not ${quote(greeting.serverName)}`}`;
  }
  if (key === "proto") return `${wanted}, not ${conditionRecords.proto.name}=${greeting.protocol}`;
  const offered = greeting.alpn.map((protocol) => quote(protocol)).join(", ");
  return `${wanted}, ${offered === "" ? "and this one offers none" : `not ${offered}`}`;
}
