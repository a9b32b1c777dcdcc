import type { Result } from "../table/records/results.ts";

/** What an operator may ask when a connect has come to this, as the end of a line. */
const QUESTIONS: Partial<Record<Result, string>> = {
  refused: "; is it running, and does it listen there?",
  timeout: "; is the host up, and does no firewall drop packets?",
  unreachable: "; is there a route to it, and is the host up?",
  reset: "; does a firewall close connections from here?",
};

/** The same; empty where nothing better is known than the reason. */
export function questionAbout(result: Result): string {
  return QUESTIONS[result] ?? "";
}

/** What an operator may ask when this machine lacked something for it, as the end of a line. */
export const SHORTAGE_QUESTIONS = {
  accept: "; is the descriptor limit too low (ulimit -n, LimitNOFILE=)?",
  connect: "; are descriptors (ulimit -n) or local ports (net.ipv4.ip_local_port_range) used up?",
} as const;
