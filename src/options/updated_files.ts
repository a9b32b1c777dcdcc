import type { OptionRecord } from "./option_record.ts";
import { optionList } from "./option_records.ts";
import { sameService } from "./same_service.ts";
import type { ServiceFile } from "./service_file.ts";
import type { PlacedService } from "./service_places.ts";
import type { ServiceSpec } from "./service_spec.ts";
import { commandLines, serviceLines } from "./service_text.ts";
import { encodeSource, type SourceText } from "./source_text.ts";
import { valueWords } from "./value_words.ts";
import type { ServiceValues } from "./values.ts";

/** A file and the text that it is to have. */
export interface UpdatedFile {
  readonly source: SourceText;
  readonly text: string;
}

/** Lines of a file that give way to others. */
interface Edit {
  readonly first: number;
  /** The line behind them. */
  readonly end: number;
  readonly lines: readonly string[];
}

/**
 * The files whose text must change to describe these services. An unchanged service keeps its lines, with their comments
 * and layout. A changed one is written anew, a removed one is left out, and a new one goes to the end of the first file.
 */
export function updatedFiles(file: ServiceFile, services: readonly ServiceSpec[]): UpdatedFile[] {
  const wanted = new Map(services.map((spec) => [spec.name, spec])), edits = new Map<SourceText, Edit[]>();
  const edit = (source: SourceText, one: Edit) => {
    if (!edits.get(source)?.push(one)) edits.set(source, [one]);
  };
  for (const service of file.services) {
    const spec = wanted.get(service.spec.name);
    wanted.delete(service.spec.name);
    if (spec === undefined) edit(service.source, removal(service));
    else if (!sameService(spec, service.spec)) {
      const { source, entry: { first, last, comments }, defaults } = service;
      edit(source, { first, end: last + 1, lines: [...comments, ...linesUnder(defaults, spec)] });
    }
  }
  if (wanted.size > 0) {
    const [source] = file.sources, end = source.lines.length;
    // A comment at the end would seem to describe what follows it.
    const gap = source.lines.at(-1)?.trimStart().startsWith("#") ? [""] : [];
    edit(source, {
      first: end,
      end,
      lines: [...gap, ...[...wanted.values()].flatMap((spec) => linesUnder(file.defaults, spec))],
    });
  }
  return [...edits].map(([source, list]) => ({ source, text: encodeSource(source, edited(source, list)) }));
}

function edited(source: SourceText, edits: readonly Edit[]): string[] {
  const lines: string[] = [], end = source.returns ? "\r" : "";
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.first - b.first)) {
    lines.push(...source.raw.slice(at, edit.first), ...edit.lines.map((line) => line + end));
    at = edit.end;
  }
  return [...lines, ...source.raw.slice(at)];
}

/**
 * Takes a service out of its file. The comment above it goes too if it stands for this service alone: empty lines, or
 * the end of the file, set both apart.
 */
function removal({ source: { lines }, entry: { first, last } }: PlacedService): Edit {
  const isEmpty = (i: number) => lines[i].trim() === "",
    isComment = (i: number) => lines[i].trimStart().startsWith("#");
  let begin = first, end = last + 1;
  const apartBelow = end === lines.length || isEmpty(end);
  while (begin > 0 && isComment(begin - 1)) begin--;
  // At the top of a file, the comment may be about the whole of it.
  const apart = apartBelow && begin > 0 && isEmpty(begin - 1);
  if (!apart) begin = first;
  else if (end < lines.length) end++;
  return { first: begin, end, lines: [] };
}

/** The lines of a service below a `defaults` line with these values. */
function linesUnder(defaults: ServiceValues, spec: ServiceSpec): string[] {
  const values = valuesUnder(defaults, spec.values);
  if (values !== undefined) return serviceLines({ ...spec, values });
  // A line cannot take back an option without a default, so this one gets none of the defaults.
  return ["defaults", ...serviceLines(spec), ...commandLines(["defaults", ...valueWords(defaults)])];
}

/** What must be given so that the defaults become these values; undefined if that cannot be. */
function valuesUnder(defaults: ServiceValues, values: ServiceValues): ServiceValues | undefined {
  const given: Record<string, unknown> = {};
  for (const [key, record] of optionList as readonly [keyof ServiceValues, OptionRecord][]) {
    if (values[key] === undefined && defaults[key] === undefined) continue;
    if (wordsOf(key, values[key]) === wordsOf(key, defaults[key])) continue;
    const wanted = record.joins ? before(values[key], defaults[key]) : values[key] ?? record.standard;
    if (wanted === undefined) return undefined;
    given[key] = wanted;
  }
  return given;
}

function wordsOf(key: string, value: unknown): string {
  return JSON.stringify(valueWords({ [key]: value })).slice(1, -1);
}

/** What joins with the defaults of a list to become these values; undefined if nothing does. */
function before(values: unknown, defaults: unknown): unknown {
  const [all, end] = [[values ?? []].flat(), [defaults ?? []].flat()], own = all.slice(0, all.length - end.length);
  return JSON.stringify([...own, ...end]) === JSON.stringify(all) ? own : undefined;
}
