import { cors } from '@elysiajs/cors'
import { jwt } from '@elysiajs/jwt'
import { swagger } from '@elysiajs/swagger'
import { Elysia } from 'elysia'
import { notes } from './routes/notes'
import { ping } from './routes/ping'

new Elysia()
  .use(cors())
  .use(swagger())
  .use(jwt({ name: 'jwt', secret: 'only for development' }))
  .use(ping)
  .use(notes)
  .get('/token', async ({ jwt }) => ({ token: await jwt.sign({ sub: 'somebody' }) }))
  .listen({ hostname: '127.0.0.1', port: Number(process.env.PORT ?? 4000) })
