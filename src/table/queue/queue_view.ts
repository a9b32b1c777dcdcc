import { NONE } from "../channel_id.ts";
import type { Table } from "../table.ts";
import { Queue } from "./queue.ts";

/**
 * A queue as somebody sees it who has a copy of its table, to try out what would happen: whatever becomes of the copy,
 * nobody is called, and nobody who waits is touched.
 */
export class QueueView extends Queue {
  private constructor(buffer: SharedArrayBuffer, table: Table) {
    super(buffer, table, NONE, () => {});
  }

  /** Gives the copy of a table a view of the table's queue. */
  static of({ buffer }: Queue, copy: Table): void {
    copy.queue = new QueueView(buffer, copy);
  }

  override freed(): void {}

  override disabled(): void {}

  override restrategized(): void {}

  override changed(): void {}

  override reconsider(): void {}
}
