import type { Result } from "../table/records/results.ts";

/** What an operator may ask when a connect has come to this. */
const QUESTIONS: Partial<Record<Result, string>> = {
  refused: "is it running, and does it listen there?",
  timeout: "is the host up, and does no firewall drop packets?",
  unreachable: "is there a route to it, and is the host up?",
  reset: "does a firewall close connections from here?",
};

/** The same as the end of a line, and its value; empty where nothing better is known than the reason. */
export function questionAbout(
  result: Result,
): { readonly end: string; readonly values: { readonly question?: string } } {
  const question = QUESTIONS[result];
  return question === undefined ? { end: "", values: {} } : { end: "; {question}", values: { question } };
}

/** What an operator may ask when this machine lacked something for it. */
export const SHORTAGE_QUESTIONS = {
  accept: "is the descriptor limit too low (ulimit -n, LimitNOFILE=)?",
  connect: "are descriptors (ulimit -n) or local ports (net.ipv4.ip_local_port_range) used up?",
} as const;
