import { usableGroup } from "../groups/usable_group.ts";
import { plural } from "../log/plural.ts";
import { MAX_GROUPS } from "../table/limits.ts";
import { answer, integer, type ProcessCommand, refuse } from "./command.ts";
import { currentService } from "./service_commands.ts";

export const health: ProcessCommand = {
  name: "health",
  parameters: "[G]",
  summary: "say whether clients get a channel, or one in group G",
  changes: false,
  scope: "process",
  run: ([word], session, plane) => {
    const only = word === undefined ? undefined : integer(word);
    if (only !== undefined && (only < 0 || only >= MAX_GROUPS)) return refuse("value out of range");
    if (plane.leaving) return refuse("bad: about to stop");
    const current = currentService(session, plane);
    if ("ok" in current) return current;
    const found = usableGroup(current.groups, only);
    if (found !== undefined) {
      const { group, usable, channels } = found;
      return answer(`good: group ${group}, ${usable} of ${channels} ${plural(channels, "channel")} usable`);
    }
    return refuse(only === undefined ? "bad: no channel is usable" : `bad: no channel of group ${only} is usable`);
  },
};
