// A server that asks itself, by way of a cache that is not there, and then prints what it has logged
// and what its instrumentation reports.
import express from 'express'
import Redis from 'ioredis'
import pino from 'pino'
import pinoHttp from 'pino-http'
import { request } from 'undici'

const lines = []
const write = (line) => lines.push(line.trim().replace(/_id":"[0-9a-f]+/g, '_id":"').replace(/(Time|Port)":\d+/g, '$1":0'))
const log = pino({ base: null, timestamp: false }, { write })
const redis = new Redis({ port: 1, host: '127.0.0.1', lazyConnect: true, enableOfflineQueue: false, retryStrategy: null })
redis.on('error', () => {})

const app = express()
app.use(pinoHttp({ base: null, timestamp: false, wrapSerializers: false, serializers: { req: (r) => r.url, res: (r) => r.statusCode, err: (e) => e.message } }, { write }))
app.get('/users/:id', async (req, res) => {
  log.info({ user: req.params.id }, 'asked')
  await redis.get('user:' + req.params.id).catch(() => {})
  const { body } = await request(url + '/names/' + req.params.id)
  res.json({ name: await body.text() })
})
app.get('/names/:id', (req, res) => res.send('name ' + req.params.id))
app.get('/broken', function broken(req, res, next) {
  next(new Error('broken on purpose'))
})
if (globalThis.handleErrors) globalThis.handleErrors(app)
app.use((error, req, res, next) => res.status(500).end())

let url = ''
const server = app.listen(0, '127.0.0.1', async () => {
  url = 'http://127.0.0.1:' + server.address().port
  console.log(await (await fetch(url + '/users/7')).text())
  console.log((await fetch(url + '/broken?a=b', { headers: { 'x-from': 'test' } })).status)
  server.close()
  console.log([...lines, ...(await globalThis.report())].sort().join('\n'))
  process.exit()
})
