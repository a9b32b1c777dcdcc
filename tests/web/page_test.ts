/// <reference lib="dom" />
/** The page in a real browser, with a process that is made up. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { channelState, instanceState, recordState, serviceState } from "../support/made_up_state.ts";
import { Token } from "../../src/views/web/token.ts";
import { browserTest } from "./browser.ts";
import { MadeUpSite } from "./made_up_site.ts";

const ADMIN = "a-token-that-nobody-guesses";

/** The row of a channel in the table. */
const row = (page: Page, key: string) => page.locator(`tr[data-key="${key}"]`);

browserTest("the page shows channels, figures, failures and the log, and changes with the process", async (page) => {
  await using site = await MadeUpSite.open();
  await page.goto(site.url);
  await page.getByText("all 2 up").waitFor();
  await page.waitForFunction(() => document.title.includes("all 2 up"));
  await row(page, "web/0/0").getByText("up", { exact: true }).waitFor();
  assert.equal(await page.locator("#figures dd").nth(1).innerText(), "25");
  await page.locator("#panel-failures").getByText("channel-reset by channel").waitFor();
  await page.locator(".chart canvas").first().waitFor();
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLInputElement>("button, input, select, [role=img], section, nav")].filter((one) =>
      !(one.textContent?.trim() || one.getAttribute("aria-label") || one.labels?.length)
    ).map(({ outerHTML }) => outerHTML)
  );
  assert.deepEqual(nameless, [], "whatever can be used or looked at has a name");
  await page.getByRole("tab", { name: "Log" }).click();
  await page.getByText("balance 1.2.3 starts").waitFor();

  site.change(1, { failing: true, failuresInARow: 3, failingSince: "2026-01-01T00:00:00Z", failed: 3 });
  await page.getByText("1 failing of 2").waitFor();
  await row(page, "web/0/1").getByText("failing", { exact: true }).waitFor();
  site.say("warning", "channel 1 does not answer <img src=x onerror=alert(1)>");
  await page.locator("#panel-log").getByText("<img src=x onerror=alert(1)>").waitFor();
  site.fail(recordState(7, { end: "refused", by: "channel", reason: "connection refused" }));
  await page.getByRole("tab", { name: "Failures 1" }).click();
  await page.locator("#panel-failures").getByText("refused by channel").waitFor();
  site.change(1, { failing: false, failingSince: null, failuresInARow: 0 });
  await page.getByText("all 2 up").waitFor();
});

browserTest("a filter, columns and the keyboard find a channel among 2,048", async (page) => {
  await using site = await MadeUpSite.open();
  const groups = Array.from({ length: 32 }, (_, group) => ({
    ...{ group, type: "RR" },
    channels: Array.from(
      { length: 64 },
      (_, i) => channelState(i, { host: `10.${group}.0.${i}`, current: i, failing: group === 9 && i === 47 }),
    ),
  }));
  site.now = instanceState([serviceState("web", groups)]);
  await page.goto(site.url);
  await page.getByText("1 failing of 2048").waitFor();
  assert.ok(await page.locator("tr.channel").count() < 80, "only rows in sight exist");
  // The worst first, by its key; then the order of the numbers again.
  await page.keyboard.press("s");
  await page.locator("tr.channel").first().getByText("failing", { exact: true }).waitFor();
  await page.keyboard.press("s");
  await page.locator("tr.channel").first().getByRole("button", { name: "10.0.0.0:8080" }).waitFor();
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.locator("tr.channel").first().getByRole("cell", { name: "63", exact: true }).waitFor();
  assert.equal(await page.locator("th[data-column=current]").getAttribute("aria-sort"), "descending");
  await page.keyboard.press("/");
  await page.keyboard.type("10.9. failing");
  await page.getByText("1 of 2,048 channels").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.getByText("2,048 channels", { exact: true }).waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.locator("#panel-channel h2").getByText("web 1/63").waitFor();
  assert.equal(await page.locator("tr.chosen").getAttribute("data-key"), "web/1/63");
  // The last rows can be reached, and what they say is right.
  await page.locator("#scroll").evaluate((element) => element.scrollTop = element.scrollHeight);
  await row(page, "web/31/0").waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("nothing like that");
  await page.getByText("No channel matches the filter.").waitFor();
});

browserTest("states of 2,048 channels keep coming", async (page) => {
  await using site = await MadeUpSite.open();
  const channels = Array.from({ length: 2048 }, (_, i) => channelState(i % 64, { current: i }));
  const groups = Array.from(
    { length: 32 },
    (_, group) => ({ group, type: "RR", channels: channels.slice(group * 64, (group + 1) * 64) }),
  );
  site.now = instanceState([serviceState("web", groups)]);
  await page.goto(site.url);
  await page.getByText("all 2048 up").waitFor();
  // It goes on: another state comes and is shown.
  site.now = instanceState([serviceState("web", groups)], { uptime: 99 * 86_400 });
  await page.getByText("up 99 d").waitFor();
});

browserTest(
  "why answers for a client and for a connection, and says what is wrong with a question",
  async (page, complaints) => {
    await using site = await MadeUpSite.open();
    const channel = {
      name: null,
      host: "h",
      before: false,
      rank: null,
      chance: null,
      current: 0,
      maxc: 0,
      weight: 1,
      share: 1,
      rests: 0,
    };
    const state = {
      ...{ service: "web", client: "10.1.2.3", port: 80, says: null, outcome: "channel", then: "none" },
      entry: { allowed: true, refused: null, rule: null, proxy: false, reason: "", delays: [] },
      ...{ reason: "it gets channel 1", attempts: [{ group: 0, channel: 1, address: "10.0.0.1:8080" }] },
      groups: [{
        ...{ group: 0, type: "RR", usable: true, conditions: null, reason: "" },
        channels: [
          {
            ...channel,
            channel: 0,
            address: "10.0.0.0:8080",
            attempt: null,
            against: ["operator"],
            reason: "disabled by an operator",
          },
          { ...channel, channel: 1, address: "10.0.0.1:8080", attempt: 1, against: [], reason: "its turn" },
        ],
      }],
    };
    site.answer = (command) => {
      if (command.includes("192.0.2.9")) return { ok: false, lines: ["no such client"] };
      return {
        ok: true,
        lines: [JSON.stringify(command.startsWith("why 74 ") ? { connection: recordState(1), again: state } : state)],
      };
    };
    await page.goto(site.url);
    await page.getByText("all 2 up").waitFor();
    await page.keyboard.press("w");
    await page.keyboard.type("10.1.2.3");
    await page.getByLabel("Port").fill("443");
    await page.getByLabel("Server name").fill("a.example");
    await page.keyboard.press("Enter");
    const panel = page.locator("#panel-why");
    await panel.getByText("it gets channel 1").waitFor();
    await panel.getByText("disabled by an operator").waitFor();
    await page.getByLabel("Client or id").fill("192.0.2.9");
    await page.keyboard.press("Enter");
    await panel.getByText("no such client").waitFor();
    await page.getByRole("tab", { name: "Failures" }).click();
    await page.locator("#panel-failures").getByRole("button", { name: "74" }).click();
    await panel.getByText("the channel has reset the connection").waitFor();
    assert.deepEqual(site.ran, [
      "undefined/0: why 10.1.2.3 443 sni a.example json",
      "undefined/0: why 192.0.2.9 443 sni a.example json",
      "undefined/0: why 74 json",
    ]);
    assert.equal(await page.evaluate(() => document.cookie), "");
    assert.match(complaints.splice(0).join(), /^[^;,]*status of 422[^;,]*$/);
  },
  { dark: true },
);

browserTest("changes take a confirmation and the token, which is asked for once", async (page, complaints) => {
  await using site = await MadeUpSite.open({ admin: new Token(ADMIN) });
  await page.goto(site.url);
  await row(page, "web/0/1").click();
  const panel = page.locator("#panel-channel"), dialog = page.locator("dialog");
  await panel.getByRole("button", { name: "Drain" }).click();
  await dialog.getByText("Drain web 0/1 b?").waitFor();
  // So soon behind each other that the event of the first dialog's end comes when the second is there.
  await dialog.getByRole("button", { name: "Cancel" }).evaluate((button: HTMLElement) => {
    button.click();
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "d", bubbles: true }));
  });
  await dialog.getByRole("button", { name: "Drain" }).click();
  await dialog.getByLabel("Token").fill("not-the-right-token");
  await page.keyboard.press("Enter");
  await dialog.getByText("this is not the token").waitFor();
  assert.deepEqual(site.ran, []);
  await dialog.getByLabel("Token").fill(ADMIN);
  await page.keyboard.press("Enter");
  await panel.getByText("done").waitFor();
  site.answer = () => ({ ok: false, lines: ["channel 1 is gone"] });
  await panel.getByLabel("Weight").fill("5");
  await panel.getByRole("button", { name: "Set" }).click();
  await dialog.getByRole("button", { name: "Set" }).click();
  await panel.getByText("channel 1 is gone").waitFor();
  assert.deepEqual(site.ran, ["web/0: drain 1", "web/0: weight 1 5"]);
  // The browser notes answers that are refusals.
  assert.ok(complaints.every((text) => /status of (401|409)/.test(text)), complaints.join());
  complaints.splice(0);
});

browserTest("without --web-admin there is nothing to change", async (page) => {
  await using site = await MadeUpSite.open();
  await page.goto(site.url);
  await row(page, "web/0/1").click();
  await page.locator("#panel-channel h2").getByText("web 0/1 b").waitFor();
  await page.getByText("Failures").waitFor();
  assert.equal(await page.getByRole("button", { name: "Drain" }).isVisible(), false);
});

browserTest(
  "where a token is needed to look, the page asks for it, or takes it from its address",
  async (page, complaints) => {
    await using site = await MadeUpSite.open({ read: new Token(ADMIN) });
    await page.goto(site.url);
    const dialog = page.locator("dialog");
    await dialog.getByText("a token is needed").waitFor();
    assert.equal(await page.locator("tr.channel").count(), 0);
    await dialog.getByLabel("Token").fill(ADMIN);
    await page.keyboard.press("Enter");
    await page.getByText("all 2 up").waitFor();
    await page.goto("about:blank");
    await page.goto(`${site.url}#token=${ADMIN}`);
    await page.getByText("all 2 up").waitFor();
    assert.equal(new URL(page.url()).hash, "");
    assert.ok(complaints.every((text) => /status of 401/.test(text)), complaints.join());
    complaints.splice(0);
  },
);

browserTest(
  "when the process ends, the page says that what it shows is old, and comes back with it",
  async (page, complaints) => {
    const site = await MadeUpSite.open(), { url } = site;
    await page.goto(url);
    await page.getByText("all 2 up").waitFor();
    await site[Symbol.asyncDispose]();
    await page.getByText("not connected").waitFor();
    await page.getByText("What you see is out of date").waitFor();
    await using again = await MadeUpSite.open({}, "127.0.0.1", Number(new URL(url).port));
    again.change(0, { failing: true });
    await page.getByText("1 failing of 2").waitFor();
    await page.getByText("What you see is out of date").waitFor({ state: "hidden" });
    complaints.splice(0);
  },
);

browserTest("a narrow screen shows one view at a time", async (page) => {
  await using site = await MadeUpSite.open();
  await page.goto(site.url);
  await page.getByText("all 2 up").waitFor();
  await row(page, "web/0/1").click();
  await page.locator("#panel-channel h2").waitFor();
  assert.equal(await page.locator("#table").isVisible(), false);
  await page.getByRole("tab", { name: "Charts" }).click();
  await page.getByRole("img", { name: /Open connections: open/ }).waitFor();
  await page.getByRole("tab", { name: "Channels" }).click();
  await page.locator("#table").waitFor();
  const [wide, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wide <= screen, `${wide} pixels on ${screen}`);
}, { width: 360, height: 640 });
