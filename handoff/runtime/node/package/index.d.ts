/**
 * Something that has a TCP socket: Node's `net.Socket`, the `IncomingMessage` of an
 * `upgrade`, the WebSocket of `ws`, the `WSContext` of Hono.
 */
export type Connection = object

/** What can be passed to another process: JSON. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json | undefined }

/**
 * Has `give` called when the connection is about to move to the next process; what it
 * returns is there the state of {@link adopted}. Of what the program sends on the
 * connection, all that was sent before it returns reaches the client, and nothing after
 * it. A promise is awaited for up to a second; say in its value what was sent
 * meanwhile. If it throws, or takes longer, the client is told to come back instead. A
 * second call replaces the first.
 */
export function onHandoff(connection: Connection, give: () => Json | void | Promise<Json | void>): void

/**
 * What came with a connection that began in an older process; undefined: it began in
 * this one. The state is undefined if `onHandoff` was not used there.
 */
export function adopted<State = any>(connection: Connection): { state: State } | undefined
