/** Forms in which metrics are told: Prometheus' text format 0.0.4, and OpenMetrics 1.0. */
export type Form = "text" | "openmetrics";

/** What the answer to a request calls each form. */
export const CONTENT_TYPE: Readonly<Record<Form, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** What is measured by a family of metrics. */
export interface Family {
  /** Without `_total`, which counters get. If it has a unit, it ends with that. */
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram" | "info";
  /** One sentence. */
  readonly help: string;
  readonly unit?: "seconds" | "bytes";
}

/**
 * Writes metrics: families one after another, each with all of its samples.
 *
 * The formats: https://prometheus.io/docs/instrumenting/exposition_formats and https://openmetrics.io (1.0).
 */
export class Exposition {
  readonly form: Form;
  #text = "";
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
    this.#text += labels === "" ? `${this.#name} ${value}\n` : `${this.#name}{${labels}} ${value}\n`;
  }

  /**
   * A histogram.
   *
   * @param bounds upper ends of its buckets, ascending @param below how many values each bound has at or below it
   */
  histogram(labels: string, bounds: readonly number[], below: readonly number[], count: number, sum: number): void {
    if (this.#family !== undefined) this.#head(this.#family);
    const name = this.#name, comma = labels === "" ? "" : ",";
    let text = "";
    for (let i = 0; i < bounds.length; i++) {
      text += `${name}_bucket{${labels}${comma}le="${this.#bound(bounds[i])}"} ${below[i]}\n`;
    }
    this.#text += `${text}${name}_bucket{${labels}${comma}le="+Inf"} ${count}\n` +
      `${name}_sum{${labels}} ${sum}\n${name}_count{${labels}} ${count}\n`;
  }

  /** All that was written. */
  finish(): string {
    return this.form === "openmetrics" ? `${this.#text}# EOF\n` : this.#text;
  }

  #head({ name, type, help, unit }: Family): void {
    this.#family = undefined;
    const open = this.form === "openmetrics", told = open ? name : this.#name;
    this.#text += `# HELP ${told} ${help}\n# TYPE ${told} ${type === "info" && !open ? "gauge" : type}\n`;
    if (open && unit !== undefined) this.#text += `# UNIT ${told} ${unit}\n`;
  }

  /** OpenMetrics wants a point in every bound. */
  #bound(bound: number): string {
    return this.form === "openmetrics" && Number.isInteger(bound) ? `${bound}.0` : String(bound);
  }
}

/** Labels as samples have them. Those without a value are left out, which means the same. */
export function labelsOf(labels: Readonly<Record<string, string | number | undefined>>): string {
  return Object.entries(labels).flatMap(([name, value]) => {
    return value === undefined || value === "" ? [] : `${name}="${escaped(String(value))}"`;
  }).join(",");
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
