// ---- state: values that outlive the process

/**
 * A value is JSON (null, booleans, finite numbers, strings, arrays, plain objects), or a
 * Uint8Array. Everything else is refused with a TypeError. A value that is read is a copy.
 * It lives for `ttl` milliseconds, or without an end if its last write had no `ttl`.
 */
export interface TTL {
  ttl?: number
}

/** An error of a call that hotswap, or the memory in its place, has refused. */
export interface HotswapError extends Error {
  name: 'HotswapError'
  code: 'bad-request' | 'too-large' | 'full' | 'type' | 'failed' | 'canceled' | 'unavailable'
}

/**
 * Resolves to the value of the key. If there is none, `initializer` makes it: one runs at
 * a time over all processes and generations, the others wait. If it fails, its own caller
 * gets the error, and the next who waits runs its own.
 */
export function defineState<T = any>(key: string, initializer: () => T | Promise<T>, options?: TTL): Promise<T>

/** Resolves to the value; undefined: there is none. */
export function getState<T = any>(key: string): Promise<T | undefined>

export function setState<T = any>(key: string, value: T, options?: TTL): Promise<void>

/**
 * Sets the key to what `f` returns for its value, and resolves to a copy of that. If the key
 * was changed meanwhile, `f` is called again with the newer value, so it must do nothing else.
 */
export function updateState<T = any>(
  key: string,
  f: (value: T | undefined) => T | Promise<T>,
  options?: TTL,
): Promise<T>

/** Adds an integer, 1 if none is given, and resolves to the sum. No key counts as 0. */
export function incrementState(key: string, by?: number): Promise<number>

/** Resolves to whether there was such a key. */
export function deleteState(key: string): Promise<boolean>

/** Resolves to the keys that begin with `prefix`, in order, and the bytes of their values. */
export function listState(prefix?: string): Promise<{ key: string; size: number }[]>

// ---- the place of this process

/**
 * Calls `f` when this generation gets new connections: soon if it does already, and again if
 * it comes back after it had lost them.
 */
export function onServe(f: () => void | Promise<void>): void

/** What a function of {@link onDrain} gets. */
export interface Drain {
  /** Aborted if this generation serves again. */
  readonly signal: AbortSignal
  /**
   * Resolves to true when no connection has anything under way any more and this generation never
   * serves again, or to false if it serves again.
   */
  readonly drained: Promise<boolean>
}

/**
 * Calls `f` when this generation gets no new connections any more: soon if that is so
 * already. hotswap waits until the promises of all such functions are settled before it
 * asks the process to end.
 */
export function onDrain(f: (drain: Drain) => void | Promise<void>): void

/** The number of this generation; without hotswap 1. */
export const generation: number

/**
 * Calls `f` when this process has the lease of that name, which only one process of the
 * generation that serves has at a time. When the lease is to go to another process, the
 * signal is aborted; the other process gets it when the promise of `f` is settled, and then
 * the function that it may have returned has run. The lease stays with this process until
 * then, even if `f` returns at once. A process that has lost the lease asks again, until
 * `stop` is called, which resolves when this process does not have it any more. If `f`
 * fails, the process gives the lease back and asks again a second later. Below hotswap only
 * the main thread can call it.
 */
export function lease(name: string, f: (signal: AbortSignal) => unknown): { stop(): Promise<void> }

// ---- WebSockets that move

/**
 * Has `give` called when the connection is about to move to the next process; the JSON that
 * it returns is there the state of {@link adopted}. What the program sends before it returns
 * reaches the client, and nothing after it. If it throws, the client is told to come back. A
 * second call replaces the first.
 *
 * A connection has a TCP socket: Node's `net.Socket`, the `IncomingMessage` of an
 * `upgrade`, the WebSocket of `ws`, the `WSContext` of Hono.
 */
export function onHandoff(connection: object, give: () => unknown): void

/**
 * What came with a connection that began in an older process; undefined: it began in
 * this one. The state is undefined if `onHandoff` was not used there.
 */
export function adopted<State = any>(connection: object): { state: State } | undefined
