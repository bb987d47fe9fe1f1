// A ws server whose paths differ in what makes a move hard. AS=worker: in a worker
// thread; AS=cluster: by two processes; AS=tls: with TLS, PEM being key and certificate.
const http = require('node:http')
const https = require('node:https')
const cluster = require('node:cluster')
const { Worker, isMainThread } = require('node:worker_threads')
const { WebSocketServer } = require('ws')
const { onHandoff, adopted } = require('../../../../clients/node')

const version = Number(process.env.HOTSWAP_GENERATION || 1)

const paths = {
  '/echo': (ws) => ws.on('message', (data, binary) => ws.send(data, { binary })),
  // An answer that takes its time, and is not waited for by the next message.
  '/later': (ws) => ws.on('message', (data) => setTimeout(() => ws.send(String(data)), 50)),
  // Many bytes for one word.
  '/flood': (ws) => ws.on('message', (data) => { for (let i = 0; i < 40; i++) ws.send(`${data}.${i}`.padEnd(32768)) }),
  // No answers, but for a question; the state goes along.
  '/count': (ws, req) => {
    let count = adopted(req)?.state?.count ?? 0
    ws.on('message', (data) => (String(data) === '?' ? ws.send(String(count)) : count++))
    onHandoff(ws, () => ({ count }))
  },
  '/fails': (ws) => onHandoff(ws, () => { throw new Error('not now') }),
}

function serve() {
  const answer = (req, res) => res.end(JSON.stringify({ pong: true, version, pid: process.pid }))
  const server = process.env.AS === 'tls' ? https.createServer({ key: process.env.PEM, cert: process.env.PEM }, answer) : http.createServer(answer)
  const plain = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered].pop() })
  const deflating = new WebSocketServer({ noServer: true, perMessageDeflate: { threshold: 0 } })
  // What comes behind a request is thrown away, as some libraries do: from the network nothing comes.
  server.on('upgrade', (req, socket) => {
    const path = req.url.replace(/\?.*/, '')
    if (path === '/once' && version > 1) return socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n')
    const wss = path === '/deflate' ? deflating : plain
    wss.handleUpgrade(req, socket, Buffer.alloc(0), (ws) => {
      ws.on('error', (e) => console.error('client:', e.message))
      ;(paths[path] || paths['/echo'])(ws, req)
    })
  })
  server.listen(process.env.PORT, '127.0.0.1')
}

if (process.env.AS === 'cluster' && cluster.isPrimary) {
  cluster.fork()
  cluster.fork()
} else if (process.env.AS === 'worker' && isMainThread) {
  new Worker(__filename)
} else serve()
