import { MAX_CHANNELS, MAX_GROUPS } from "../table/limits.ts";
import { answer, integer, type ProcessCommand, refuse } from "./command.ts";

export const quit: ProcessCommand = {
  name: "quit",
  parameters: "",
  summary: "end the session",
  changes: false,
  scope: "process",
  run: () => ({ ok: true, lines: [], end: true }),
};

export const show: ProcessCommand = {
  name: "show",
  parameters:
    "[json|config|health|sticky|access|clients|failed|connections|metrics|latency|NAME] [json|ADDR|N|older|client|channel] [WORD...]",
  summary:
    "show all services, as JSON or config, their health, sticky clients, who may come in, who has the most connections, which failed, which are open, metrics, how long things take, or one by name",
  changes: false,
  scope: "process",
  run: async (words, session, plane) => {
    // No process needs what it takes before somebody asks.
    const { showAnswer } = await import("./show_answer.ts");
    return await showAnswer(words, session, plane);
  },
};

export const kill: ProcessCommand = {
  name: "kill",
  parameters: "",
  summary: "free all ports, let connections finish, and exit",
  changes: true,
  scope: "process",
  run: (_, __, plane) => ({
    ok: true,
    lines: ["shutdown complete, exiting."],
    end: true,
    effect: () => plane.shutdown(),
  }),
};

export const group: ProcessCommand = {
  name: "group",
  parameters: "G",
  summary: "choose the group that channel numbers refer to",
  changes: false,
  scope: "process",
  run: ([word], session) => {
    const group = integer(word);
    if (group < 0 || group >= MAX_GROUPS) return refuse("value out of range");
    session.group = group;
    return answer();
  },
};

export const version: ProcessCommand = {
  name: "version",
  parameters: "",
  summary: "show the version and the limits",
  changes: false,
  scope: "process",
  run: (_, __, { version }) =>
    answer(`  This is balance ${version}`, `  MAXGROUPS=${MAX_GROUPS}`, `  MAXCHANNELS=${MAX_CHANNELS}`),
};
