import { commands, findCommand } from "./commands.ts";

/** What Tab offers for a line: commands first, then the numbers that its parameters can be. */
export function complete(line: string, channels: readonly number[], groups: readonly number[]): [string[], string] {
  const words = line.trimStart().split(/\s+/), last = words[words.length - 1];
  const offer = (candidates: readonly (string | number)[]): [string[], string] => {
    const all = candidates.map((candidate) => `${candidate} `);
    return [all.filter((candidate) => candidate.startsWith(last)), last];
  };
  if (words.length === 1) return offer(commands.map(({ name }) => name));
  switch (findCommand(words[0])?.parameters.split(" ")[words.length - 2]) {
    case "CH":
      return offer(channels);
    case "G":
      return offer(groups);
    case "[json]":
      return offer(["json"]);
    default:
      return [[], last];
  }
}
