'use strict'
// http and ws. As most servers in development it leaves SIGTERM to Node, which ends at once.
const fs = require('fs')
const http = require('http')
const http2 = require('http2')
const { WebSocketServer } = require('ws')
const { version } = require('./version.json')

const { PORT, TLS } = process.env
const app = (req, res) => {
  const url = new URL(req.url, 'http://localhost')
  const answer = () => res.end(JSON.stringify({ pong: true, version, pid: process.pid }))
  if (url.pathname === '/slow') return setTimeout(answer, Number(url.searchParams.get('ms')))
  if (url.pathname !== '/events') return answer()
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' })
  let id = Number(req.headers['last-event-id'] || 0)
  const send = () => res.write(`id: ${++id}\nretry: 100\ndata: {"version":${version}}\n\n`)
  send()
  const timer = setInterval(send, 100)
  res.on('close', () => clearInterval(timer))
}
const pem = TLS && fs.readFileSync(TLS) // with the key
const server = TLS ? http2.createSecureServer({ key: pem, cert: pem, allowHTTP1: true }, app) : http.createServer(app)
new WebSocketServer({ server, path: '/ws' }).on('connection', (ws) => {
  ws.on('message', (text) => ws.send(JSON.stringify({ echo: text.toString(), version })))
  ws.on('error', () => {})
})
server.listen(PORT, '127.0.0.1')
