import { commandNames } from "../command_names.ts";
import { outOfRange, record, type Shape, text } from "../shape.ts";
import { strategyNames } from "../strategy_names.ts";
import { type Kind, Refusal } from "./kind.ts";
import { notAName } from "./name.ts";

/** A strategy in a file. */
export interface StrategyFile {
  /** What groups and messages call it. */
  readonly name: string;
  /** Path or `file:` URL of the module whose default export it is. */
  readonly file: string;
}

const shape = record<StrategyFile>({ name: text({ filled: true }), file: text({ filled: true }) });

/** A custom strategy: its name, and the path of its module. */
export function strategyFile(): Kind<StrategyFile> {
  const check: Shape<StrategyFile> = (value, path) => {
    const word = shape(value, path), wrong = objection(word.name);
    if (wrong !== undefined) throw outOfRange(`${path}.name`, `: it ${wrong}`);
    return word;
  };
  return {
    metavar: "NAME=FILE",
    read: (word) => {
      const at = word.indexOf("=");
      if (at < 1 || at === word.length - 1) return new Refusal("takes a name and a file, as in mine=./mine.js");
      const name = word.slice(0, at), wrong = objection(name);
      return wrong === undefined ? { name, file: word.slice(at + 1) } : new Refusal(wrong);
    },
    write: ({ name, file }) => `${name}=${file}`,
    check,
  };
}

/** What keeps a strategy from having this name. */
function objection(name: string): string | undefined {
  if (strategyNames.includes(name)) return `needs another name: there is already a strategy ${name}`;
  if (commandNames.includes(name)) return `needs another name: there is already a control command ${name}`;
  return notAName(name);
}
