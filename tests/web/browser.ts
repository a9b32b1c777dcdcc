/** A real browser, without a screen. */
import { type Browser, chromium, type Page } from "playwright-core";
import { exists } from "../support/exists.ts";
import { condition } from "../support/requirements.ts";

const CHROMIUM = "/usr/bin/chromium";

/** The browser, as Debian installs it. */
export const browserInstalled = condition(await exists(CHROMIUM), `needs ${CHROMIUM}`);

/** How a page is opened. */
export interface Look {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
}

let browser: Promise<Browser> | undefined;

/**
 * A test with one page of a browser. All pages of a file share the browser, so that no sanitizer can tell whose it is.
 * The test fails if the page says anything on its console, which is also where a browser says what it has refused.
 */
export function browserTest(
  name: string,
  fn: (page: Page, complaints: string[]) => Promise<void>,
  look: Look = {},
): void {
  Deno.test({
    name: browserInstalled.met ? name : `${name} (${browserInstalled.reason})`,
    ignore: !browserInstalled.met,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      // Root may not use the browser's own sandbox.
      browser ??= chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
      const { width = 1440, height = 900, dark = false } = look, complaints: string[] = [];
      const colorScheme = dark ? "dark" as const : "light" as const;
      const context = await (await browser).newContext({ viewport: { width, height }, colorScheme });
      try {
        const page = await context.newPage();
        page.setDefaultTimeout(15_000);
        page.on("console", (message) => complaints.push(message.text()));
        page.on("pageerror", (error) => complaints.push(String(error)));
        await fn(page, complaints);
        if (complaints.length > 0) throw new Error(`the page complains: ${complaints.join("; ")}`);
      } finally {
        await context.close();
      }
    },
  });
}

Deno.test.afterAll(async () => {
  await (await browser)?.close();
});
