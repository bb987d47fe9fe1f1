import * as Sentry from '@sentry/node'
import express from 'express'
import { Redis } from 'ioredis'
import { SignJWT } from 'jose'
import { pino } from 'pino'
import { Pool } from 'undici'
import { z } from 'zod'
import { version } from './version.mjs'

const { PORT } = z.object({ PORT: z.coerce.number().int().default(4000) }).parse(process.env)
const log = pino({ level: 'warn' })
const shared = new Redis({ lazyConnect: true })
const upstream = new Pool('http://127.0.0.1:9', { connections: 2 })
const secret = new TextEncoder().encode('only for development')

const app = express()
app.get('/ping', (request, response) => {
  response.json({ pong: true, version, pid: process.pid })
})
app.get('/events', (request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const tell = () => response.write(`data: {"version":${version}}\n\n`)
  const timer = setInterval(tell, 250)
  response.on('close', () => clearInterval(timer))
  tell()
})
app.get('/token', async (request, response) => {
  response.json({ token: await new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).sign(secret) })
})
app.get('/state', (request, response) => {
  response.json({ redis: shared.status, upstream: upstream.stats })
})
Sentry.setupExpressErrorHandler(app)
app.listen(PORT, '127.0.0.1', () => log.info('version %d listens', version))
