import type { Groups } from "../../groups/groups.ts";
import { MAX_GROUPS } from "../../table/limits.ts";
import { measureChannel, type MeasuredChannel, writeChannels } from "./channel_samples.ts";
import { Exposition, type Form, type MetricsText } from "./exposition.ts";
import { type MeasuredGroup, measureGroup, writeGroups } from "./group_samples.ts";
import { HighWater } from "./high_water.ts";
import { Slices } from "../../state/slices.ts";
import type { Measured, MeasuredService, ProcessFigures } from "./measured.ts";
import { writeProcess } from "./process_samples.ts";
import { labelled, type LabelledService, writeServices } from "./service_samples.ts";

/** What is told. */
export interface Detail {
  readonly form: Form;
  /** Only these services. Default: all. */
  readonly services?: readonly string[];
  /** Whether each channel has series of its own. Default: yes. */
  readonly channels?: boolean;
}

/**
 * The metrics of a process. Counters count since it was started and never go back: no `reset` of an operator changes
 * them, and what a removed channel has counted stays in its group. No label has a value that a client chooses.
 */
export class Metrics {
  readonly #measured: Measured;
  readonly #figures: () => ProcessFigures;
  readonly #highs = new WeakMap<Groups, HighWater>();

  constructor(measured: Measured, figures: () => ProcessFigures) {
    this.#measured = measured;
    this.#figures = figures;
  }

  /** All metrics as text. It takes its time, in which others have their turn: there may be thousands of groups. */
  async text(detail: Detail): Promise<MetricsText> {
    const to = new Exposition(detail.form), slices = new Slices(1);
    for (const _step of this.write(to, detail)) if (slices.full) await slices.pause();
    return to.finish();
  }

  /** Writes all metrics, in small steps. */
  *write(
    to: Exposition,
    { services: names, channels: each = true }: Omit<Detail, "form">,
  ): Generator<void, void, undefined> {
    const groups: MeasuredGroup[] = [], channels: MeasuredChannel[] = [];
    const services = this.#measured.services.filter(({ name }) => names === undefined || names.includes(name));
    writeProcess(to, this.#measured, this.#figures());
    const all: LabelledService[] = [];
    for (const service of services) {
      all.push(labelled(service, this.#highOf(service)));
      yield;
    }
    yield* writeServices(to, all);
    for (const service of all) {
      const { groups: { table }, high } = service;
      for (let group = 0; group < MAX_GROUPS; group++) {
        const measured = measureGroup(service, group);
        if (measured === undefined) continue;
        groups.push(measured);
        if (each) {
          table.channels(group).forEach((id, number) => channels.push(measureChannel(measured, id, number, high)));
        }
        yield;
      }
    }
    yield* writeGroups(to, groups);
    yield* writeChannels(to, channels);
  }

  #highOf({ groups }: MeasuredService): HighWater {
    const high = this.#highs.get(groups) ?? new HighWater(groups.table);
    this.#highs.set(groups, high);
    return high;
  }
}
