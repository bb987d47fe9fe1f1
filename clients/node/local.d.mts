/**
 * Returns this thread's value of the key. The first call in a thread makes the value by `initializer`, whichever copy
 * of this package is called; if that throws, nothing is defined. The initializer must not ask for its own key.
 */
export function defineLocal<T>(key: string, initializer: () => T): T

/** Returns the value of a key. Throws if nothing has defined the key in this thread. */
export function getLocal<T = unknown>(key: string): T

/** Replaces the value of a key. Throws if nothing has defined the key in this thread. */
export function setLocal<T = unknown>(key: string, value: T): void
