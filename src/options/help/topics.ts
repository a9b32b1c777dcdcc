import { type Section, SECTIONS } from "../option_record.ts";

/** All sections, in their order. */
export const sections: readonly Section[] = Object.keys(SECTIONS) as Section[];

/** What `--help` can be asked about: everything, the man page, or one section. */
export type HelpTopic = "all" | "man" | Section;

/** All of them. */
export const helpTopics: readonly HelpTopic[] = ["all", ...sections, "man"];
