// express-ws: each upgrade runs through the routes of express.
const express = require('express')
const { opened, closed, echo, pong } = require('./feed.cjs')

const app = express()
require('express-ws')(app)
app.get('/ping', (req, res) => res.json(pong()))
app.ws('/feed', (client) => {
  const send = (text) => client.send(text)
  opened(send)
  client.on('message', (data) => send(echo(data)))
  client.on('close', () => closed(send))
})
app.listen(process.env.PORT, '127.0.0.1')
