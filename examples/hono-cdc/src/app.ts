import { OpenAPIHono } from '@hono/zod-openapi'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import type { Database } from './database.js'
import { info } from './docs/info.js'
import { page } from './page.js'
import { customers } from './routes/customers.js'
import { status } from './routes/status.js'

/** The HTTP side of the service. */
export function app(database: Database) {
  const app = new OpenAPIHono()
  status(app)
  customers(app, database)
  page(app, database)
  return app
}

/** Writes the API's description, if it is not what the file says already. */
export async function writeOpenApi(path: URL, database: Database): Promise<void> {
  const text = JSON.stringify(app(database).getOpenAPIDocument({ openapi: '3.0.3', info }), null, 2) + '\n'
  const before = await readFile(path, 'utf8').catch(() => '')
  if (before === text) return
  await mkdir(new URL('.', path), { recursive: true })
  await writeFile(path, text)
}
