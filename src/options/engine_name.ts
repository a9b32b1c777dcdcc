/** Name of an engine. */
export type EngineName = "portable" | "linux";

/** All engines. */
export const ENGINE_NAMES: readonly EngineName[] = ["portable", "linux"];

/** Which engine is wanted: a certain one, or the one that fits. */
export type EngineChoice = "auto" | EngineName;

/** All that can be wanted; the first is the default. */
export const ENGINE_CHOICES: readonly EngineChoice[] = ["auto", ...ENGINE_NAMES];
