import fp from 'fastify-plugin'
import { newest } from './services/orders.js'

/** Sends the newest orders to whoever connects. */
export const feed = fp(async (app) => {
  app.get('/feed', { websocket: true }, async (socket) => {
    for (const order of await newest()) socket.send(JSON.stringify(order))
  })
})
