// A server that asks itself, by way of a cache that is not there, and says what its agent has reported of that.
const express = require('express')
const Redis = require('ioredis')
const pino = require('pino')
const pinoHttp = require('pino-http')
const { request } = require('undici')

const log = pino({ level: 'warn' })
const redis = new Redis({ port: 1, host: '127.0.0.1', lazyConnect: true, enableOfflineQueue: false, retryStrategy: null })
redis.on('error', () => {})

const app = express().disable('etag') // the version changes it
app.use(pinoHttp({ logger: log }))
app.get('/users/:id', async (req, res) => {
  await redis.get('user:' + req.params.id).catch(() => {})
  const { body } = await request(`http://127.0.0.1:${process.env.PORT}/names/${req.params.id}`)
  res.json({ name: await body.text(), version: globalThis.version })
})
app.get('/names/:id', (req, res) => res.send('name ' + req.params.id))
app.get('/report', async (req, res) => res.json((await globalThis.report()).filter((line) => /users|names/.test(line)).sort()))
app.listen(process.env.PORT, '127.0.0.1')
