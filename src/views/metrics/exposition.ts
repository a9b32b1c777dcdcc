/** Forms in which metrics are told: Prometheus' text format 0.0.4, and OpenMetrics 1.0. */
export type Form = "text" | "openmetrics";

/** What the answer to a request calls each form. */
export const CONTENT_TYPE: Readonly<Record<Form, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** Metrics as text: how many lines, and their bytes with all line ends. */
export interface MetricsText {
  readonly count: number;
  readonly chunks: readonly Uint8Array[];
}

/** What is measured by a family of metrics. */
export interface Family {
  /** Without `_total`, which counters get. If it has a unit, it ends with that. */
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram" | "info";
  /** One sentence. */
  readonly help: string;
  readonly unit?: "seconds" | "bytes";
}

/** Characters that become bytes at a time. Text of megabytes would take long to become bytes, and all at once. */
const PIECE = 1 << 15;

const encoder = new TextEncoder();

/**
 * Writes metrics: families one after another, each with all of its samples.
 *
 * The formats: https://prometheus.io/docs/instrumenting/exposition_formats and https://openmetrics.io (1.0).
 */
export class Exposition {
  readonly form: Form;
  readonly #pieces: Uint8Array[] = [];
  #text = "";
  #lines = 0;
  #grown = false;
  /** Of each list of bounds, what their labels say. */
  readonly #bounds = new Map<readonly number[], readonly string[]>();
  /** The name that plain samples of the present family have. */
  #name = "";
  #family: Family | undefined;

  constructor(form: Form) {
    this.form = form;
  }

  /** Begins a family. Its head is written with its first sample. */
  family(family: Family): void {
    this.#family = family;
    const ending = family.type === "counter" ? "_total" : family.type === "info" ? "_info" : "";
    this.#name = family.name + ending;
  }

  /** One value. @param labels from `labelsOf`, or empty */
  sample(labels: string, value: number): void {
    if (this.#family !== undefined) this.#head(this.#family);
    this.#add(labels === "" ? `${this.#name} ${value}\n` : `${this.#name}{${labels}} ${value}\n`, 1);
  }

  /**
   * A histogram.
   *
   * @param bounds upper ends of its buckets, ascending @param below how many values each bound has at or below it
   */
  histogram(labels: string, bounds: readonly number[], below: readonly number[], count: number, sum: number): void {
    if (this.#family !== undefined) this.#head(this.#family);
    const name = this.#name, start = `${name}_bucket{${labels}${labels === "" ? "" : ","}le="`;
    const said = this.#boundsOf(bounds);
    let text = "";
    for (let i = 0; i < bounds.length; i++) text += `${start}${said[i]}"} ${below[i]}\n`;
    text += `${start}+Inf"} ${count}\n${name}_sum{${labels}} ${sum}\n${name}_count{${labels}} ${count}\n`;
    this.#add(text, bounds.length + 3);
  }

  /** Whether so much has been written since this was last asked that others may want their turn. */
  get grown(): boolean {
    const grown = this.#grown;
    this.#grown = false;
    return grown;
  }

  /** All that was written: how many lines, and their bytes. Nothing more can be written then. */
  finish(): MetricsText {
    if (this.form === "openmetrics") this.#add("# EOF\n", 1);
    this.#encode();
    return { count: this.#lines, chunks: this.#pieces };
  }

  #add(text: string, lines: number): void {
    this.#lines += lines;
    this.#text += text;
    if (this.#text.length >= PIECE) this.#encode();
  }

  #encode(): void {
    this.#pieces.push(encoder.encode(this.#text));
    this.#text = "";
    this.#grown = true;
  }

  #head({ name, type, help, unit }: Family): void {
    this.#family = undefined;
    const open = this.form === "openmetrics", told = open ? name : this.#name;
    this.#add(`# HELP ${told} ${help}\n# TYPE ${told} ${type === "info" && !open ? "gauge" : type}\n`, 2);
    if (open && unit !== undefined) this.#add(`# UNIT ${told} ${unit}\n`, 1);
  }

  #boundsOf(bounds: readonly number[]): readonly string[] {
    let said = this.#bounds.get(bounds);
    if (said === undefined) this.#bounds.set(bounds, said = bounds.map((bound) => this.#bound(bound)));
    return said;
  }

  /** OpenMetrics wants a point in every bound. */
  #bound(bound: number): string {
    return this.form === "openmetrics" && Number.isInteger(bound) ? `${bound}.0` : String(bound);
  }
}

/** Labels as samples have them. Those without a value are left out, which means the same. */
export function labelsOf(labels: Readonly<Record<string, string | number | undefined>>): string {
  let text = "";
  for (const name in labels) {
    const value = labels[name];
    if (value === undefined || value === "") continue;
    text += `${text === "" ? "" : ","}${name}="${typeof value === "number" ? value : escaped(value)}"`;
  }
  return text;
}

function escaped(value: string): string {
  if (!/[\\"\n]/.test(value)) return value;
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
