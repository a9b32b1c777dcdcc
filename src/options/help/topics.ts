import { type Section, SECTIONS } from "../option_record.ts";
import { shownOptions } from "../option_records.ts";

/** Sections that have something to show, in their order. */
export const shownSections: readonly Section[] = (Object.keys(SECTIONS) as Section[]).filter((section) =>
  shownOptions.some(([, record]) => record.section === section)
);

/** What `--help` can be asked about: everything, the man page, or one section. */
export type HelpTopic = "all" | "man" | Section;

/** All of them. */
export const helpTopics: readonly HelpTopic[] = ["all", ...shownSections, "man"];
