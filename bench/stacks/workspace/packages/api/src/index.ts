import cors from '@fastify/cors'
import sensible from '@fastify/sensible'
import { log } from '@acme/shared'
import fastify from 'fastify'
import { customers } from './customers.js'
import { ping } from './ping.js'

const app = fastify({ loggerInstance: log, disableRequestLogging: true })
await app.register(sensible)
await app.register(cors)
await app.register(ping)
await app.register(customers, { prefix: '/customers' })
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 4000) })
