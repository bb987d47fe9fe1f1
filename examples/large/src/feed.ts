import fp from 'fastify-plugin'
import { newest } from './services/orders.js'
import { version } from './version.js'

/** Sends the newest orders to whoever connects, and events for as long as someone listens. */
export const feed = fp(async (app) => {
  app.get('/feed', { websocket: true }, async (socket) => {
    for (const order of await newest()) socket.send(JSON.stringify(order))
  })
  app.get('/events', (request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' })
    const tell = () => reply.raw.write(`data: {"version":${version}}\n\n`)
    const timer = setInterval(tell, 250)
    reply.raw.on('close', () => clearInterval(timer))
    tell()
  })
})
