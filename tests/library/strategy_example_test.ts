/** The strategy that docs/library.md has, and the built-in one that does the same. */
import assert from "node:assert/strict";
import { GuardedStrategy } from "../../src/selection/guarded_strategy.ts";
import { Search } from "../../src/selection/search.ts";
import { strategies, type Strategy } from "../../src/selection/strategy.ts";
import { DisabledBy } from "../../src/table/table.ts";
import { OneGroup } from "../support/one_group.ts";

const page = await Deno.readTextFile(new URL("../../docs/library.md", import.meta.url));
const [, text] = /^const leastConnections: Strategy = (\{.*?^\});$/ms.exec(page)!;
const example = new GuardedStrategy(new Function(`return ${text}`)() as Strategy, (error) => {
  throw error;
});

/** What may happen to channel 1 of four, and what its clients then get. */
const OUT: Readonly<Record<string, (group: OneGroup) => void>> = {
  disabled: ({ table }) => void table.disable(1, DisabledBy.OPERATOR),
  drained: ({ table }) => void table.disable(1, DisabledBy.DRAINING),
  down: ({ table }) => void table.disable(1, DisabledBy.DOWN),
  full: ({ table }) => {
    table.setMaxc(1, 1);
    table.reserve(1);
  },
  dead: () => {},
};

for (const name of [example.name, "least"]) {
  const made = () => new OneGroup(name, 4, { strategies: [...strategies, example] });

  Deno.test(`${name}: connections that stay are shared equally`, () => {
    assert.deepEqual(made().shares(300), [75, 75, 75, 75]);
  });

  Deno.test(`${name}: clients that come one after another have no favourite`, () => {
    const group = made();
    assert.deepEqual(group.shares(300, () => group.visit()), [75, 75, 75, 75]);
  });

  for (const [how, happens] of Object.entries(OUT)) {
    for (const stay of [true, false]) {
      Deno.test(`${name}: with one channel ${how}, the others share its clients, who ${stay ? "stay" : "leave"}`, () => {
        const group = made();
        happens(group);
        const shares = group.shares(300, () => {
          const search = new Search();
          let id = group.choose(undefined, search);
          if (how === "dead" && id === 1) {
            group.table.release(id);
            search.failed(id);
            id = group.choose(undefined, search);
          }
          if (!stay) group.table.release(id);
          return id;
        });
        assert.deepEqual(shares, [100, 0, 100, 100]);
      });
    }
  }
}
