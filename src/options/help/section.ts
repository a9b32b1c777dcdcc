import { type Section, SECTIONS } from "../option_record.ts";
import { optionList } from "../option_records.ts";
import { CHANNEL_OPTIONS, channelOptionLines } from "./channel_options.ts";
import { conditionLines, GROUP_CONDITIONS } from "./group_conditions.ts";
import { moreLines, optionLine, WIDTH, wrapped } from "./option_lines.ts";
import { NEGATIVE_FORMS } from "./overview.ts";
import { style } from "./style.ts";
import { sections } from "./topics.ts";

/** The text of `--help all`: every option on a line, by section. */
export function allOptions(colour: boolean): string {
  const { bold } = style(colour);
  const parts = sections.map((section) => {
    return [bold(SECTIONS[section]), ...recordsOf(section).map(optionLine)].join("\n");
  });
  const channels = [bold(CHANNEL_OPTIONS), ...channelOptionLines()].join("\n");
  const groups = [bold(GROUP_CONDITIONS), ...conditionLines()].join("\n");
  return [...parts, channels, groups, wrapped(NEGATIVE_FORMS, WIDTH).join("\n")].join("\n\n");
}

/** The text of `--help SECTION`: its options with everything there is to say about them. */
export function sectionHelp(section: Section, colour: boolean): string {
  const { bold } = style(colour);
  return [
    bold(SECTIONS[section]),
    ...recordsOf(section).flatMap((record) => [optionLine(record), ...moreLines(record)]),
  ].join("\n");
}

function recordsOf(section: Section) {
  return optionList.map(([, record]) => record).filter((record) => record.section === section);
}
