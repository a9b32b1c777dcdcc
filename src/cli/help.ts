import { commands } from "../control/commands.ts";
import { channelHelp } from "../options/help/channel_options.ts";
import { groupHelp } from "../options/help/group_conditions.ts";
import { manPage } from "../options/help/man_page.ts";
import { overview } from "../options/help/overview.ts";
import { allOptions, sectionHelp } from "../options/help/section.ts";
import type { HelpTopic } from "../options/help/topics.ts";
import { EXIT_MEANINGS } from "../process/exit_codes.ts";
import { version } from "../program/version.ts";

/** The text of `--help`, or of what it was asked about. */
export function helpOn(topic: HelpTopic | undefined): string {
  const colour = Deno.stdout.isTerminal() && !Deno.noColor;
  if (topic === undefined) return overview(version, colour);
  if (topic === "all") return allOptions(colour);
  if (topic === "man") return manPage({ version, commands, exitCodes: EXIT_MEANINGS });
  if (topic === "channels") return channelHelp(colour);
  if (topic === "groups") return groupHelp(colour);
  return sectionHelp(topic, colour);
}
