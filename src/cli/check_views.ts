import type { Finding } from "../files/finding.ts";
import type { ProcessOptions } from "../options/values.ts";
import { webFault } from "../options/web_fault.ts";
import { writeObstacle } from "../process/access.ts";
import { ExitCode, ExitError } from "../process/exit_codes.ts";
import { placeFault, viewPlaces } from "../program/view_places.ts";
import { readTokens } from "../program/web_tokens.ts";
import { placeObstacle } from "../views/http/open_place.ts";

/** Whether metrics and page can be served, once the ports of services are open. */
export async function checkViews(options: ProcessOptions): Promise<Finding[]> {
  const found: Finding[] = [], fault = webFault(options), directory = Deno.cwd();
  if (fault !== undefined) return [{ code: ExitCode.USAGE, lines: [fault] }];
  try {
    await readTokens(options, directory);
  } catch (error) {
    if (!(error instanceof ExitError)) throw error;
    found.push({ code: error.code, lines: [error.message] });
  }
  for (const wanted of viewPlaces(options, directory)) {
    const { place } = wanted;
    const obstacle = await placeObstacle(place) ??
      ("path" in place ? writeObstacle(place.path) : undefined);
    if (obstacle === undefined) continue;
    const { code, message } = placeFault(wanted, obstacle);
    found.push({ code, lines: [message] });
  }
  return found;
}
