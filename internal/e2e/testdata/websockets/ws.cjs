// ws on Node's own server.
const http = require('node:http')
const { WebSocketServer } = require('ws')
const { opened, closed, echo, pong } = require('./feed.cjs')

const server = http.createServer((req, res) => res.end(JSON.stringify(pong())))
// DEFLATE=1 offers the compression that keeps a state between messages.
new WebSocketServer({ server, perMessageDeflate: !!process.env.DEFLATE && { threshold: 0 } }).on('connection', (client) => {
  const send = (text) => client.send(text)
  opened(send)
  client.on('message', (data) => send(echo(data)))
  client.on('close', () => closed(send))
  client.on('error', (error) => console.error('client:', error.message))
})
server.listen(process.env.PORT, '127.0.0.1')
