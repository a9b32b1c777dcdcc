import { quoteWord } from "../quote_word.ts";
import {
  CHANNEL_OPTIONS,
  completableOptions,
  type CompletionParts,
  CONDITIONS,
  CONTROLLING,
  HELPING,
  STRATEGY_WORDS,
  type ValueSource,
} from "./completable.ts";

/** Completions for bash: `eval "$(balance --completions bash)"`. */
export function bashCompletions({ commands, topics }: CompletionParts): string {
  const forms = completableOptions.flatMap(({ forms }) => forms);
  const values = completableOptions.flatMap(({ forms, value, bare }) => {
    if (value === undefined) return [];
    if (bare) {
      return `    ${forms.join("|")}) [[ ! $joined && $current != */* ]] || { ${reply(value, [])}return; } ;;`;
    }
    return `    ${forms.join("|")}) ${reply(value, commands.map(({ name }) => name))}return ;;`;
  });
  const conditions = CONDITIONS.filter(({ words }) => words.length > 0).map(({ name, words }) => {
    return `    ${name}=) ${reply({ words }, [])}return ;;`;
  });
  return `# bash completion for balance
_balance() {
  local program=$1 current=$2 previous=$3 word names= joined=
  COMPREPLY=()
  # bash takes --option=value and condition=value apart.
  if [[ $current == = ]]; then
    current= joined=yes
    [[ $previous == -* ]] || previous+==
  elif [[ $previous == = ]]; then
    previous=\${COMP_WORDS[COMP_CWORD-2]} joined=yes
    [[ $previous == -* ]] || previous+==
  fi
  case $previous in
${[...values, ...conditions].join("\n")}
    ${HELPING.join("|")}) [[ $current == -* ]] || { ${reply({ words: topics }, [])}return; } ;;
  esac
  if [[ $current == -* ]]; then
    ${reply({ words: forms }, [])}return
  fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in ${CONTROLLING.join("|")}) names=yes ;; esac
  done
  if [[ $names ]]; then
    COMPREPLY=($(compgen -W "$("$program" --completions names 2>/dev/null </dev/null)" -- "$current"))
  elif ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -A service -- "$current"))
  elif [[ $current == %* ]]; then
    ${reply({ words: STRATEGY_WORDS }, [])}
  elif [[ $current == *,* ]]; then
    compopt -o nospace 2>/dev/null
    COMPREPLY=($(compgen -P "\${current%,*}," -W "${CHANNEL_OPTIONS.join(" ")}" -- "\${current##*,}"))
  else
    COMPREPLY=($(compgen -W "${CONDITIONS.map(({ name }) => `${name}=`).join(" ")}" -- "$current"))
    ((\${#COMPREPLY[@]} == 0)) || compopt -o nospace 2>/dev/null
    COMPREPLY+=($(compgen -A hostname -- "$current"))
  fi
}
complete -F _balance balance`;
}

/** What sets the reply to the values that fit; nothing for those that only the user knows. */
function reply(value: ValueSource, commands: readonly string[]): string {
  const generated = (source: string) => `COMPREPLY=($(compgen ${source} -- "$current")); `;
  if (value === "anything") return "";
  if ("words" in value) return generated(`-W ${quoteWord(value.words.join(" "))}`);
  if (value.names === "command") return generated(`-W ${quoteWord(commands.join(" "))}`);
  // With it, bash writes a slash behind a directory instead of a space, and quotes what needs it.
  const paths = value.names === "file" || value.names === "directory" ? "compopt -o filenames 2>/dev/null; " : "";
  return paths + generated(`-A ${value.names === "address" ? "hostname" : value.names}`);
}
