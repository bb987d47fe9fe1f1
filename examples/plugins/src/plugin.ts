import type { Database } from 'bun:sqlite'

/** A type of a column, as schema.ts of a plugin gives it. */
export type Column = 'number' | 'string'

/** What index.ts of a plugin exports: how it answers requests below /its-name. */
export type Plugin = (database: Database) => (request: Request) => Response | Promise<Response>
