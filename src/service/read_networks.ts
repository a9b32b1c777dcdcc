import { isNetworkFault, parseNetworks, parseRanges } from "../access/network_words.ts";
import { type Networks, NetworksBuilder } from "../access/networks.ts";

/** What a comma list of networks and files stands for. @throws {Error} naming what is wrong */
export async function readNetworks(words: string): Promise<Networks> {
  const parts = parseNetworks(words), builder = new NetworksBuilder();
  if (isNetworkFault(parts)) throw new RangeError(`Cannot read networks: ${parts.word} ${parts.reason}`);
  for (const part of parts) {
    const all = part.kind === "range" ? [part.ranges] : (await Deno.readTextFile(part.path)).split("\n")
      .map((line) => line.replace(/#.*/, "").trim()).filter((line) => line !== "").map(parseRanges);
    for (const ranges of all) {
      if (isNetworkFault(ranges)) throw new RangeError(`Cannot read ${part.text}: ${ranges.word} ${ranges.reason}`);
      for (const { first, last } of ranges) builder.add(first, last);
    }
  }
  return builder.build();
}
