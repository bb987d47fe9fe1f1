import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import type { Server } from 'node:http'
import { log } from './log.js'
import { live } from './live.js'
import { account } from './routes/account.js'
import { events } from './routes/events.js'
import { ping } from './routes/ping.js'

const app = new Hono()
app.route('/', ping)
app.route('/account', account)
app.route('/rows', events)
app.onError((error, c) => {
  log.error(error)
  return c.json({ error: error.message }, 500)
})
live(serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env.PORT ?? 4000) }) as Server)
