/** Name of an engine. */
export type EngineName = "portable" | "linux";

/** All engines. */
export const ENGINE_NAMES: readonly EngineName[] = ["portable", "linux"];

/** The engine to use: a particular one, or the best that can run. */
export type EngineChoice = "auto" | EngineName;

/** All choices; the first is the default. */
export const ENGINE_CHOICES: readonly EngineChoice[] = ["auto", ...ENGINE_NAMES];
