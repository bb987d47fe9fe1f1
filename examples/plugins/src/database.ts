import { Database } from 'bun:sqlite'
import { mkdirSync } from 'node:fs'

/** Opens the database. In WAL mode several processes may have it open. */
export function openDatabase(): Database {
  mkdirSync('data', { recursive: true })
  const database = new Database('data/plugins.sqlite', { create: true })
  database.run('PRAGMA busy_timeout = 5000')
  database.run('PRAGMA journal_mode = WAL')
  return database
}
