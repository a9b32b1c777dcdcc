import { quoteWord } from "../quote_word.ts";
import {
  CHANNEL_OPTIONS,
  type CompletableOption,
  completableOptions,
  type CompletionParts,
  CONDITION_WORDS,
  CONTROLLING,
  HELPING,
  STRATEGY_WORDS,
  type ValueSource,
} from "./completable.ts";

/** Completions for zsh: `eval "$(balance --completions zsh)"`, or as the file `_balance` in a directory of `fpath`. */
export function zshCompletions(parts: CompletionParts): string {
  const controlling = CONTROLLING.flatMap((form) => form.startsWith("--") ? [form, `${form}=*`] : form).join("|");
  return `#compdef balance
_balance() {
  local -a typed=($words) names
  local before=$words[CURRENT-1]
  _arguments -s -S : \\
${completableOptions.flatMap((option) => specifications(option, parts)).map((line) => `    ${line} \\\n`).join("")}\
    '*:: :_balance_words'
}
_balance_words() {
  if [[ $before == (${HELPING.join("|")}) ]]; then
    _values topic ${parts.topics.join(" ")}
  elif ((\${typed[(I)(${controlling})]})); then
    names=(\${(f)"$($typed[1] --completions names 2>/dev/null </dev/null)"})
    _wanted instances expl 'running instance' compadd -a names
  elif ((CURRENT == 1)); then
    _ports
  elif [[ $PREFIX == %* ]]; then
    _wanted strategies expl strategy compadd ${STRATEGY_WORDS.join(" ")}
  elif compset -P '*,'; then
    _wanted options expl 'option of the channel' compadd -S '' ${CHANNEL_OPTIONS.join(" ")}
  else
    _wanted conditions expl 'condition of the group' compadd -S '' ${CONDITION_WORDS.join(" ")}
    _hosts
  fi
}
if [ "$funcstack[1]" = _balance ]; then
  _balance "$@"
else
  compdef _balance balance
fi`;
}

/** What `_arguments` is told about an option (zshcompsys(1)). */
function specifications({ forms, record, value, bare }: CompletableOption, parts: CompletionParts): string[] {
  const prefix = record.repeatable ? "*" : forms.length > 1 ? `(${forms.join(" ")})` : "";
  const { metavar } = record.kind, summary = `[${special(record.summary)}]`;
  return forms.map((form) => {
    if (value === undefined || metavar === undefined) return quoteWord(`${prefix}${form}${summary}`);
    // One that may be left out must be in the same word.
    const joined = bare ? `${form}=-` : form.startsWith("--") ? `${form}=` : `${form}+`;
    return quoteWord(`${prefix}${joined}${summary}${bare ? ":" : ""}:${special(metavar)}:${action(value, parts)}`);
  });
}

function action(value: ValueSource, { commands }: CompletionParts): string {
  if (value === "anything") return " ";
  if ("words" in value) return `(${value.words.join(" ")})`;
  switch (value.names) {
    case "command":
      return `(${commands.map(({ name }) => name).join(" ")})`;
    case "file":
      return "_files";
    case "directory":
      return "_files -/";
    case "user":
      return "_users";
    case "group":
      return "_groups";
    default:
      return "_hosts";
  }
}

/** Text with the characters escaped that mean something in a specification. */
function special(text: string): string {
  return text.replaceAll(/[[\]:\\]/g, "\\$&");
}
