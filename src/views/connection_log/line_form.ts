import { escape, escapeJson, quote } from "../../log/escape.ts";
import { logParts } from "../../options/log_letters.ts";
import type { RecordState } from "../../state/record_state.ts";
import { ecsRecord } from "./ecs_record.ts";
import { attemptText, decimal, letters } from "./letters.ts";

/** Makes the line of one connection, without the end of the line. Nothing in it is unsafe to show. */
export type LineForm = (record: RecordState) => string;

/** Printable ASCII only, as almost every line is. */
const PLAIN = /^[ -~]*$/;

/**
 * The form that an option names.
 *
 * @param form `text`, `json`, `ecs`, or a format that `logParts` reads
 * @param head what stands before a line of text
 */
export function lineForm(form: string, head: (record: RecordState) => string = ({ time }) => `${time} `): LineForm {
  if (form === "text") return (record) => safe(head(record) + textLine(record), escape);
  if (form === "json") return (record) => safe(JSON.stringify(record), escapeJson);
  if (form === "ecs") return (record) => safe(JSON.stringify(ecsRecord(record)), escapeJson);
  const parts = logParts(form);
  if (typeof parts === "string") throw new Error(`Cannot log: there is no ${parts}`);
  const each = parts.map((part) => {
    if ("letter" in part) return letters[part.letter];
    return () => part.text;
  });
  return (record) => {
    let line = "";
    for (const part of each) line += part(record);
    return safe(line, escape);
  };
}

/** Names and values, those that most people look for first. What is not there is left out. */
function textLine(record: RecordState): string {
  const { id, service, client, peer, port, sni, group, channel, name, address, attempts, attemptCount } = record;
  const { queueMs, connectMs, firstByteMs, durationMs, up, down, end, by, reason, now } = record;
  let line = `id=${id} service=${service} client=${client}`;
  if (peer !== null) line += ` peer=${peer}`;
  line += ` port=${port}`;
  if (sni !== null) line += ` sni=${word(sni)}`;
  if (group !== null) line += ` channel=${group}/${channel ?? "removed"}`;
  if (name !== undefined && channel !== null) line += ` name=${word(name)}`;
  if (address !== null) line += ` address=${address}`;
  line += ` end=${end}`;
  if (by !== "") line += ` by=${by}`;
  if (queueMs !== null) line += ` queue=${decimal(queueMs)}`;
  if (connectMs !== null) line += ` connect=${decimal(connectMs)}`;
  if (firstByteMs !== null) line += ` first=${decimal(firstByteMs)}`;
  line += ` duration=${decimal(durationMs)} up=${up} down=${down}`;
  if (attemptCount > 1 || attempts.some(({ result }) => result !== "connected")) {
    line += ` tried=${attemptCount}:${attempts.map(attemptText).join(";")}`;
  }
  line += ` now=${known(now.service)}/${known(now.group)}/${known(now.channel)}/${known(now.queue)}`;
  return end === "closed" || end === "open" ? line : `${line} reason=${quote(reason)}`;
}

/** A number, or a hyphen where it is not known. */
function known(count: number): string {
  return count < 0 ? "-" : String(count);
}

/** A value as it is, or in quotes if it has a space or a quote in it. */
function word(value: string): string {
  return /[\s"=]/.test(value) || value === "" ? quote(value) : value;
}

function safe(line: string, escaped: (line: string) => string): string {
  return PLAIN.test(line) ? line : escaped(line);
}
