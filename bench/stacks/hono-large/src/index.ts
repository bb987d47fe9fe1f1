import './telemetry'
import { serve } from '@hono/node-server'
import { OpenAPIHono } from '@hono/zod-openapi'
import { cors } from 'hono/cors'
import { secureHeaders } from 'hono/secure-headers'
import { modules } from '@/modules'
import { ping } from '@/routes/ping'
import { log } from '#lib/log'

const app = new OpenAPIHono()
app.use(cors(), secureHeaders())
app.route('/', ping)
for (const [name, routes] of Object.entries(modules)) app.route('/' + name, routes)
app.doc31('/openapi.json', { openapi: '3.1.0', info: { title: 'hono-large', version: '1' } })
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env.PORT ?? 4000) }, () => log.info('serves'))
