import { commands, findCommand } from "../commands.ts";

/** What Tab can offer besides commands. */
export interface Offers {
  /** Numbers of the current group's channels, and names of channels. */
  readonly channels: readonly (number | string)[];
  /** Numbers of groups that have channels. */
  readonly groups: readonly number[];
  /** Names of services. */
  readonly services: readonly string[];
}

/** What Tab offers for a line: commands first, then what its parameters can be. */
export function complete(line: string, { channels, groups, services }: Offers): [string[], string] {
  const words = line.trimStart().split(/\s+/), last = words[words.length - 1];
  const offer = (candidates: readonly (string | number)[]): [string[], string] => {
    const all = candidates.map((candidate) => `${candidate} `);
    return [all.filter((candidate) => candidate.startsWith(last)), last];
  };
  if (words.length === 1) return offer(commands.map(({ name }) => name));
  const parameter = findCommand(words[0])?.parameters.split(" ")[words.length - 2] ?? "";
  // Words in small letters stand for themselves, as in `[json|NAME]`.
  return offer(
    parameter.replace(/^\[|\]$/g, "").split("|").flatMap((kind): readonly (string | number)[] => {
      if (kind === "CH") return channels;
      if (kind === "G") return groups;
      if (kind === "NAME") return services;
      return /[a-z]/.test(kind) ? [kind] : [];
    }),
  );
}
