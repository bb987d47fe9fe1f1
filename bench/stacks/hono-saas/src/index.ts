import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { secureHeaders } from 'hono/secure-headers'
import { auth } from './auth.js'
import { billing } from './routes/billing.js'
import { chat } from './routes/chat.js'
import { files } from './routes/files.js'
import { ping } from './routes/ping.js'
import { users } from './routes/users.js'

const app = new Hono()
app.use(cors(), secureHeaders())
app.route('/', ping)
app.route('/billing', billing)
app.route('/chat', chat)
app.route('/files', files)
app.route('/users', users)
app.on(['GET', 'POST'], '/api/auth/*', (c) => auth.handler(c.req.raw))
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env.PORT ?? 4000) })
