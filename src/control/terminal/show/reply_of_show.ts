import type { InstanceState } from "../../../state/state.ts";
import { saysHowConnectionsFare } from "../../../state/activity.ts";
import { servicesOf } from "../../choose_service.ts";
import type { ControlReply } from "../../client.ts";
import { findCommand } from "../../commands.ts";
import { logOnScreen, showOnScreen } from "./show_screen.ts";

/** Columns of a terminal that does not say how many it has. */
const STANDARD_WIDTH = 80;

/**
 * What `show`, or `show` with the name of a service, shows on a terminal. Its reply alone would not do: it is what Balance
 * prints, for programs. Undefined for other commands, where there is no such service, and with an instance of an earlier
 * version; then the reply must do.
 *
 * @param run runs a command in the session
 * @param columns of the terminal
 */
export async function replyOfShow(
  command: string,
  run: (command: string) => Promise<ControlReply>,
  columns: number | undefined,
): Promise<readonly string[] | undefined> {
  const [first = "", word, ...more] = command.trim().split(/\s+/), known = findCommand(first);
  if (known?.name !== "show" || more.length > 0 || word !== undefined && isWordOfShow(word, known.parameters)) return;
  const { outcome, text: [json = ""] } = await run("show json");
  if (outcome !== "ok") return undefined;
  try {
    const { services: all, log } = JSON.parse(json) as InstanceState,
      services = word === undefined ? all : servicesOf(all, word);
    if (services.length === 0 || !services.every(saysHowConnectionsFare)) return undefined;
    const screen = { width: columns || STANDARD_WIDTH, color: !Deno.noColor, now: Date.now() };
    return [...showOnScreen(services, screen), ...logOnScreen(log, screen)];
  } catch {
    // It is not what this version says. The plain reply will tell.
    return undefined;
  }
}

/** Whether a word behind `show` is not the name of a service. */
function isWordOfShow(word: string, parameters: string): boolean {
  return parameters.split(" ")[0].replace(/^\[|\]$/g, "").split("|").includes(word);
}
