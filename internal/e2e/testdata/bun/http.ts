// Node's own server and the package ws, both of which Bun has built in.
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { WebSocketServer } from 'ws'
import { answer, closed, opened, said } from './feed'

const server = createServer(async (request, response) => {
  response.end(await answer(request.method!, request.url!, () => text(request)))
})
new WebSocketServer({ server }).on('connection', (ws) => {
  opened(ws, (message) => ws.send(message))
  ws.on('message', (message) => ws.send(said(message)))
  ws.on('close', () => closed(ws))
})
server.listen(Number(process.env.PORT), '127.0.0.1')
