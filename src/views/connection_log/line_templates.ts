import type { Address } from "../../table/address.ts";
import type { ConnectionRecord } from "../../table/records/connection_record.ts";
import { ipv4Of } from "../../table/records/stored_endpoint.ts";
import { type DescribedService, describeRecord } from "../records/describe.ts";
import { LineBytes } from "./line_bytes.ts";
import type { LineForm } from "./line_form.ts";
import { LineTemplate } from "./line_template.ts";

/** Templates that are kept: where services have many ports, there could be one for each of them and each channel. */
const MOST = 4096;

/** A template, and what it was made of. */
interface Kept {
  /** Undefined if the form has something to say that templates do not know. */
  readonly template: LineTemplate | undefined;
  readonly service: string;
  readonly number: number;
  readonly address: Address;
  readonly name: string | undefined;
}

/**
 * Templates for the lines of a service's connections that ended well, one for each channel, port, and what else
 * can be different about them without a gap for it.
 */
export class LineTemplates {
  readonly #form: LineForm;
  readonly #kept = new Map<number, Kept>();

  constructor(form: LineForm) {
    this.#form = form;
  }

  /**
   * The template for a record's line; undefined if its line is to be worked out.
   *
   * @param ended when that was, in whole milliseconds since 1970
   */
  of(record: ConnectionRecord, service: DescribedService, ended: number): LineTemplate | undefined {
    if (!LineTemplate.suits(record)) return undefined;
    const { channel: id, localPort, by } = record, { groups, name: serviceName } = service, { table } = groups;
    if (table.incarnation(id) !== record.incarnation) return undefined;
    const number = table.numberOf(id), address = table.address(id), name = groups.values.get(id)?.name;
    const kind = (by === "client" ? 1 : 0) + (record.firstByteMs < 0 ? 2 : 0) +
      (ipv4Of(record.client) === undefined ? 4 : 0);
    const key = (id * 0x10000 + localPort) * 8 + kind;
    let kept = this.#kept.get(key);
    const holds = kept !== undefined && kept.number === number && kept.address === address && kept.name === name;
    if (!holds || kept!.service !== serviceName) {
      if (this.#kept.size >= MOST) this.#kept.clear();
      kept = { template: this.#make(record, service, ended), service: serviceName, number, address, name };
      this.#kept.set(key, kept);
    }
    return kept!.template;
  }

  /** Makes one, and tries whether it says the same. */
  #make(record: ConnectionRecord, service: DescribedService, ended: number): LineTemplate | undefined {
    const state = describeRecord(record, service, ended), template = new LineTemplate(this.#form, state);
    const bytes = new LineBytes();
    template.write(record, ended, bytes);
    const line = new TextDecoder().decode(bytes.take()[0].bytes);
    return line === `${this.#form(state)}\n` ? template : undefined;
  }
}
