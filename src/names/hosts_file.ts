import { formatHost, parseHost } from "../table/address.ts";
import { lower } from "./dns_message.ts";

/** Reads hosts(5): the addresses of each name, in the order of the lines. Wrong lines are left out. */
export function readHosts(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [word, ...names] = line.replace(/#.*/, "").split(/\s+/).filter((part) => part !== "");
    const address = word === undefined ? undefined : numeric(word);
    if (address === undefined) continue;
    for (const name of names.map(lower)) {
      const addresses = found.get(name);
      if (addresses === undefined) found.set(name, [address]);
      else if (!addresses.includes(address)) addresses.push(address);
    }
  }
  return found;
}

/** The canonical form; undefined if it is none, or has the name of an interface. */
function numeric(word: string): string | undefined {
  try {
    const { bytes, zone } = parseHost(word);
    return formatHost(bytes, zone);
  } catch {
    return undefined;
  }
}
