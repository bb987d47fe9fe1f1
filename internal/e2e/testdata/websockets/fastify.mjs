// @fastify/websocket.
import websocket from '@fastify/websocket'
import Fastify from 'fastify'
import { closed, echo, opened, pong } from './feed.cjs'

const app = Fastify()
await app.register(websocket)
app.get('/ping', async () => pong())
app.get('/feed', { websocket: true }, (client) => {
  const send = (text) => client.send(text)
  opened(send)
  client.on('message', (data) => send(echo(data)))
  client.on('close', () => closed(send))
})
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
