// @hono/node-ws.
import { serve } from '@hono/node-server'
import { createNodeWebSocket } from '@hono/node-ws'
import { Hono } from 'hono'
import { closed, echo, opened, pong } from './feed.cjs'

const app = new Hono()
const { injectWebSocket, upgradeWebSocket } = createNodeWebSocket({ app })
app.get('/ping', (c) => c.json(pong()))
app.get('/feed', upgradeWebSocket(() => {
  let send
  return {
    onOpen: (_, client) => opened((send = (text) => client.send(text))),
    onMessage: (event, client) => client.send(echo(event.data)),
    onClose: () => closed(send),
  }
}))
injectWebSocket(serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: '127.0.0.1' }))
