import { serve } from '@hono/node-server'
import type { Server } from 'node:http'
import { app, writeOpenApi } from './app.js'
import { attachCdc } from './cdc.js'
import { openDatabase } from './database.js'
import { version } from './version.js'

const host = process.env.HOST ?? '127.0.0.1'
const port = Number(process.env.PORT ?? 4000)

const database = process.env.DATABASE
  ? await import('./postgres.js').then(({ openPostgres }) => openPostgres(process.env.DATABASE!))
  : await openDatabase(new URL('../data/customers.json', import.meta.url))
await writeOpenApi(new URL('../generated/openapi.json', import.meta.url), database)

const server = serve({ fetch: app(database).fetch, hostname: host, port }, (address) => {
  console.log(`version ${version} listens on http://${address.address}:${address.port}`)
}) as Server
attachCdc(server, database)
