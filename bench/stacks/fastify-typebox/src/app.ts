import cookie from '@fastify/cookie'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import jwt from '@fastify/jwt'
import multipart from '@fastify/multipart'
import rateLimit from '@fastify/rate-limit'
import sensible from '@fastify/sensible'
import swagger from '@fastify/swagger'
import { type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fastify from 'fastify'
import { logger } from './logger.js'
import { items } from './routes/items.js'
import { ping } from './routes/ping.js'

export async function build() {
  const app = fastify({ loggerInstance: logger, disableRequestLogging: true }).withTypeProvider<TypeBoxTypeProvider>()
  await app.register(sensible)
  await app.register(helmet)
  await app.register(cors, { origin: true })
  await app.register(cookie, { secret: 'only for development' })
  await app.register(jwt, { secret: 'only for development' })
  await app.register(multipart)
  await app.register(rateLimit, { global: false })
  await app.register(swagger, { openapi: { info: { title: 'items', version: '1.0.0' } } })
  await app.register(ping)
  await app.register(items, { prefix: '/items' })
  return app
}
