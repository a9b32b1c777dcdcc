// @ts-check
/** The table of channels. Only the rows that are in sight exist, so that thousands cost no more than thirty. */

/** @import { Order, Row } from "./rows.js" */
import { columns } from "./channel_cells.js";
import { byId, element, setAttribute, setText } from "./elements.js";
import { fittingColumns } from "./fitting_columns.js";
import { plural } from "./format.js";
import { COLUMNS, tally } from "./rows.js";

/** Rows above and below what is in sight. */
const SPARE = 8;

/** @typedef {{ readonly head: string, readonly about: string, readonly key: string }} Heading */
/** @typedef {Row | Heading} Line */

/** @param {Line} line @returns {line is Row} */
const isRow = (line) => "channel" in line;

export class ChannelTable {
  #table = byId("table", "table");
  #scroll = byId("scroll", "div");
  #body = /** @type {HTMLTableSectionElement} */ (this.#table.tBodies[0]);
  #above = spacer();
  #below = spacer();
  /** @type {Map<string, HTMLTableRowElement>} */
  #made = new Map();
  /** @type {readonly Line[]} */
  #lines = [];
  #grouped = false;
  /** Whether a row has to say of which service it is. */
  #several = false;
  /** @type {string | undefined} */
  #chosen;
  #drawn = "";
  /** Columns that there is room for. */
  #shown = fittingColumns(columns, Infinity);

  /** @param {(key: string) => void} onChoose @param {(column: string) => void} onSort */
  constructor(onChoose, onSort) {
    this.#table.prepend(element("colgroup", {}, ...columns.map(() => element("col"))));
    this.#table.tHead?.append(element(
      "tr",
      {},
      ...columns.map(({ id, head, title, number }) => {
        const button = element("button", { type: "button", title }, head);
        button.addEventListener("click", () => onSort(id));
        return element("th", { scope: "col", class: number ? "number" : undefined, "data-column": id }, button);
      }),
    ));
    this.#body.append(this.#above, this.#below);
    this.#scroll.addEventListener("scroll", () => this.#draw(), { passive: true });
    new ResizeObserver(() => {
      this.#fit();
      this.#draw();
    }).observe(this.#scroll);
    this.#body.addEventListener("click", ({ target }) => {
      const key = /** @type {Element} */ (target).closest("tr")?.dataset.key;
      if (key !== undefined) onChoose(key);
    });
  }

  /**
   * Shows these rows.
   *
   * @param {readonly Row[]} rows @param {Order} order @param {string | undefined} chosen
   */
  show(rows, order, chosen) {
    this.#grouped = order.column === "place" && !order.down;
    this.#several = !this.#grouped && rows.some(({ service }) => service !== rows[0].service);
    this.#lines = this.#grouped ? withHeadings(rows) : rows;
    this.#chosen = chosen;
    for (const head of this.#table.tHead?.querySelectorAll("th") ?? []) {
      const active = head.dataset.column === order.column;
      // Numbers of channels go up by default, which need not be said.
      const said = active && !this.#grouped ? order.down ? "descending" : "ascending" : undefined;
      setAttribute(head, "aria-sort", said);
    }
    setAttribute(this.#table, "aria-rowcount", String(this.#lines.length + 1));
    this.#draw();
  }

  /** Brings the chosen row into sight. */
  reveal() {
    const at = this.#lines.findIndex(({ key }) => key === this.#chosen), height = this.#rowHeight();
    if (at < 0) return;
    const top = at * height, { scrollTop, clientHeight } = this.#scroll, head = 30;
    if (top < scrollTop) this.#scroll.scrollTop = Math.max(0, top - height);
    else if (top + height + head > scrollTop + clientHeight) {
      this.#scroll.scrollTop = top + height + head - clientHeight;
    }
    this.#draw();
  }

  /** The row before or behind the chosen one, or the first. @param {number} step */
  beside(step) {
    const rows = this.#lines.filter(isRow), at = rows.findIndex(({ key }) => key === this.#chosen);
    return rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))]?.key;
  }

  /** Shows the columns that there is room for. */
  #fit() {
    this.#shown = fittingColumns(columns, this.#scroll.clientWidth);
    const cols = /** @type {NodeListOf<HTMLElement>} */ (this.#table.querySelectorAll("col"));
    columns.forEach(({ id }, i) => {
      const width = this.#shown.get(id);
      cols[i].hidden = !this.#shown.has(id);
      cols[i].style.width = width === undefined ? "auto" : `${width}px`;
    });
    for (const row of this.#table.querySelectorAll("thead tr, tr.channel")) this.#hideCells(row);
  }

  /** @param {Element} row with a cell for each column */
  #hideCells(row) {
    const cells = /** @type {HTMLCollectionOf<HTMLElement>} */ (row.children);
    columns.forEach(({ id }, i) => cells[i].hidden = !this.#shown.has(id));
  }

  #rowHeight() {
    return Number.parseFloat(getComputedStyle(this.#table).getPropertyValue("--row")) || 28;
  }

  #draw() {
    const height = this.#rowHeight(), { scrollTop, clientHeight } = this.#scroll;
    const first = Math.max(0, Math.min(this.#lines.length, Math.floor(scrollTop / height)) - SPARE);
    const last = Math.min(this.#lines.length, Math.ceil((scrollTop + clientHeight) / height) + SPARE);
    const shown = this.#lines.slice(first, last), keys = shown.map(({ key }) => key);
    /** @type {(cell: HTMLTableCellElement, px: number) => void} */
    const grow = (cell, px) => void (cell.style.height = `${px}px`);
    for (const { cells: [cell] } of [this.#above, this.#below]) cell.colSpan = this.#shown.size;
    grow(this.#above.cells[0], first * height);
    grow(this.#below.cells[0], (this.#lines.length - last) * height);
    this.#above.hidden = first === 0;
    this.#below.hidden = last === this.#lines.length;
    for (const [key, row] of this.#made) {
      if (keys.includes(key)) continue;
      row.remove();
      this.#made.delete(key);
    }
    const elements = shown.map((line, i) => {
      let row = this.#made.get(line.key);
      if (row === undefined) {
        row = isRow(line) ? channelRow(line.key) : groupRow();
        if (isRow(line)) this.#hideCells(row);
        this.#made.set(line.key, row);
      }
      setAttribute(row, "aria-rowindex", String(first + i + 2));
      if (isRow(line)) this.#fill(row, line);
      else fillHeading(row, line, this.#shown.size);
      return row;
    });
    const drawn = keys.join("\n");
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    // Rows are moved only where the order has changed, so that the focus stays.
    let next = this.#above.nextSibling;
    for (const row of elements) {
      if (row === next) next = next.nextSibling;
      else this.#body.insertBefore(row, next);
    }
  }

  /** @param {HTMLTableRowElement} tr @param {Row} row */
  #fill(tr, row) {
    const chosen = row.key === this.#chosen;
    setAttribute(tr, "class", `channel is-${row.status.look}${chosen ? " chosen" : ""}`);
    setAttribute(tr, "aria-current", chosen ? "true" : undefined);
    columns.forEach((column, i) => column.show(tr.cells[i], row, this.#several));
    const button = /** @type {HTMLElement} */ (tr.querySelector("button"));
    // Tab goes to one row; from there on, it is j and k.
    setAttribute(button, "tabindex", chosen ? "0" : "-1");
  }
}

function spacer() {
  return element("tr", { class: "space", "aria-hidden": "true" }, element("td", { colspan: columns.length }));
}

/** @param {string} key */
function channelRow(key) {
  const tr = element("tr", { class: "channel", "data-key": key });
  for (const { id, number, make } of columns) {
    const cell = element("td", { class: `${id}${number ? " number" : ""}` });
    make?.(cell);
    tr.append(cell);
  }
  return tr;
}

function groupRow() {
  return element(
    "tr",
    { class: "group" },
    element(
      "th",
      { colspan: columns.length, scope: "rowgroup" },
      element("span"),
      " ",
      element("span", { class: "muted" }),
    ),
  );
}

/** @param {HTMLTableRowElement} tr @param {Heading} heading @param {number} columns */
function fillHeading(tr, { head, about }, columns) {
  tr.cells[0].colSpan = columns;
  const [name, more] = tr.cells[0].children;
  setText(name, head);
  setText(more, about);
}

/** A line above each group that says what it is. @param {readonly Row[]} rows @returns {Line[]} */
function withHeadings(rows) {
  /** @type {Map<string, Row[]>} */
  const groups = new Map();
  for (const row of rows) {
    const key = `${row.service}/${row.group}`, found = groups.get(key);
    if (found === undefined) groups.set(key, [row]);
    else found.push(row);
  }
  return [...groups].flatMap(([key, members]) => {
    const [{ service, group, type }] = members, { up, warn } = tally(members);
    const open = members.reduce((sum, { channel }) => sum + channel.current, 0);
    const about = `${type} · ${up + warn} of ${plural(members.length, "channel")} usable · ${
      plural(open, "connection")
    }`;
    return [{ key: `${key}/`, head: `${service} · group ${group}`, about }, ...members];
  });
}

/** The order after a click on the head of a column. @param {Order} order @param {string} column @returns {Order} */
export function orderAfter(order, column) {
  if (order.column !== column) return { column, down: COLUMNS[column].down };
  if (order.down !== COLUMNS[column].down) return { column: "place", down: false };
  return { column, down: !order.down };
}
