import { quote } from "../log/escape.ts";
import { httpPlaceOf, isLocal } from "./kinds/http_place.ts";
import type { ProcessOptions } from "./values.ts";

/** What is wrong with the options of the page, taken together; undefined if nothing is. */
export function webFault({ web, webToken, webAdmin }: ProcessOptions): string | undefined {
  if (web === undefined) {
    const [given] = [["--web-token", webToken], ["--web-admin", webAdmin]].filter(([, value]) => value !== undefined);
    return given && `option ${given[0]} needs --web`;
  }
  const place = httpPlaceOf(web);
  if (place === undefined || isLocal(place) || webToken !== undefined || webAdmin !== undefined) return undefined;
  return `option --web ${quote(web)} needs --web-token FILE or --web-admin FILE, since other machines can connect`;
}
