import {
  CHANNEL_OPTIONS,
  completableOptions,
  type CompletionParts,
  CONDITION_WORDS,
  CONTROLLING,
  HELPING,
  STRATEGY_WORDS,
  type ValueSource,
} from "./completable.ts";

/** Completions for fish: `balance --completions fish | source`. */
export function fishCompletions(parts: CompletionParts): string {
  const options = completableOptions.map(({ record: { name, short, summary }, value, bare }) => {
    const letter = short === undefined ? "" : ` -s ${short}`;
    return `complete -c balance${letter} -l ${name}${bare ? " -F" : source(value, parts)} -d ${quoted(summary)}`;
  });
  return `# fish completion for balance
function __balance_controls
  for word in (commandline -opc)
    contains -- $word ${CONTROLLING.join(" ")}; and return 0
  end
  return 1
end
function __balance_names
  set -l words (commandline -opc)
  command $words[1] --completions names 2>/dev/null </dev/null
end
function __balance_follows_help
  contains -- (commandline -opc)[-1] ${HELPING.join(" ")}
end
function __balance_channels
  set -l token (commandline -ct)
  if string match -q -- '*,*' $token
    set -l head (string replace -r -- '[^,]*$' '' $token)
    printf '%s\\n' $head{${CHANNEL_OPTIONS.join(",")}}
  else
    printf '%s\\n' ${[...STRATEGY_WORDS, ...CONDITION_WORDS].join(" ")}
    __fish_print_hostnames
  end
end
complete -c balance -f
complete -c balance -n __balance_controls -k -a '(__balance_names)' -d 'running instance'
complete -c balance -n __balance_follows_help -k -a ${quoted(parts.topics.join(" "))}
complete -c balance -n 'not __balance_controls; and not __balance_follows_help' -a '(__balance_channels)' -d channel
${options.join("\n")}`;
}

function source(value: ValueSource | undefined, { commands }: CompletionParts): string {
  if (value === undefined) return "";
  if (value === "anything") return " -x";
  if ("words" in value) return ` -x -a ${quoted(value.words.join(" "))}`;
  switch (value.names) {
    case "command":
      return ` -x -a ${quoted(commands.map(({ name, summary }) => `${name}\\t${quoted(summary)}`).join(" "))}`;
    case "file":
      return " -r -F";
    case "directory":
      return " -x -a '(__fish_complete_directories)'";
    case "user":
      return " -x -a '(__fish_complete_users)'";
    case "group":
      return " -x -a '(__fish_complete_groups)'";
    default:
      return " -x";
  }
}

/** In single quotes, as fish reads them. */
function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, "\\$&")}'`;
}
