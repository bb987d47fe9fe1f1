// npm run migrate: brings the database to the newest schema in drizzle/.
import { PGlite } from '@electric-sql/pglite'
import { drizzle } from 'drizzle-orm/pglite'
import { migrate } from 'drizzle-orm/pglite/migrator'
import { mkdir } from 'node:fs/promises'

const folder = process.env.DATABASE ?? 'data/postgres'
await mkdir(folder, { recursive: true })
const client = await PGlite.create(folder)
await migrate(drizzle(client), { migrationsFolder: 'drizzle' })
await client.close()
