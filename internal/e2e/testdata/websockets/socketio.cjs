// socket.io, whose sessions live in its process.
const http = require('node:http')
const { Server } = require('socket.io')
const { opened, closed, echo, pong } = require('./feed.cjs')

const server = http.createServer((req, res) => res.end(JSON.stringify(pong())))
new Server(server).on('connection', (client) => {
  const send = (text) => client.send(text)
  opened(send)
  client.on('message', (text) => send(echo(text)))
  client.on('disconnect', () => closed(send))
})
server.listen(process.env.PORT, '127.0.0.1')
