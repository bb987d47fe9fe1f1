import { PGlite } from '@electric-sql/pglite'
import { drizzle } from 'drizzle-orm/pglite'
import { integer, pgTable, text } from 'drizzle-orm/pg-core'
import { Database } from './database.js'

export const customers = pgTable('customers', {
  id: integer().primaryKey(),
  name: text().notNull(),
  email: text().notNull(),
  plan: text({ enum: ['free', 'team', 'business'] }).notNull(),
})

/**
 * Opens the database in a folder that `npm run migrate` has made: Postgres inside this
 * process, which must be the only one that has the folder open.
 */
export async function openPostgres(folder: string): Promise<Database> {
  const client = await PGlite.create(folder)
  const db = drizzle(client)
  process.once('SIGTERM', () => void client.close().then(() => process.exit(0)))
  return new Database(await db.select().from(customers).orderBy(customers.id), async (row) => {
    await db.insert(customers).values(row)
  })
}
