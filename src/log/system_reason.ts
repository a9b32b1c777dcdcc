import { escape } from "./escape.ts";

/** What an error code means, as the end of a sentence (errno(3)). */
export type Reasons = Readonly<Record<string, string>>;

/** What means the same wherever it happens. */
const REASONS: Reasons = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EROFS: "the file system is read-only",
};

/**
 * Why the system refused something, in words that are safe to show. Codes without words show the error's own message.
 *
 * @param error with a `code`, as errors of Node and of the engines have
 * @param own what codes mean here in particular
 */
export function systemReason(error: unknown, own: Reasons): string {
  const { code = "", message } = error as { code?: string; message: string };
  return own[code] ?? REASONS[code] ?? escape(message);
}
