import { type Section, SECTIONS } from "../option_record.ts";

/** All sections, in their order. */
export const sections: readonly Section[] = Object.keys(SECTIONS) as Section[];

/** What `--help` can be asked about: everything, the man page, one section, options of channels, conditions of groups. */
export type HelpTopic = "all" | "man" | "channels" | "groups" | Section;

/** All of them. */
export const helpTopics: readonly HelpTopic[] = ["all", ...sections, "channels", "groups", "man"];
