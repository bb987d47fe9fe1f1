import cookie from '@fastify/cookie'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import jwt from '@fastify/jwt'
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import websocket from '@fastify/websocket'
import Fastify from 'fastify'
import { jsonSchemaTransform, serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { config } from './config.js'
import { log } from './log.js'
import { orders } from './routes/orders.js'
import { ping } from './routes/ping.js'
import { sessions } from './routes/sessions.js'
import { feed } from './feed.js'

/** The service, about to listen. */
export async function build() {
  const app = Fastify({ loggerInstance: log }).withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  await app.register(helmet)
  await app.register(cors)
  await app.register(cookie)
  await app.register(jwt, { secret: config.SESSION_SECRET })
  await app.register(rateLimit, { max: 1_000_000 })
  await app.register(websocket)
  await app.register(swagger, { openapi: { info: { title: 'Shop', version: '1.0.0' } }, transform: jsonSchemaTransform })
  await app.register(ping)
  await app.register(orders)
  await app.register(sessions)
  await app.register(feed)
  app.get('/openapi.json', async () => app.swagger())
  return app
}
