const VERSION = 1

const { appendFileSync } = require('node:fs')
const net = require('node:net')
if (process.env.PLATFORM) Object.defineProperty(process, 'platform', { value: process.env.PLATFORM })
const log = (text) => process.env.LOG && appendFileSync(process.env.LOG, `gen ${VERSION} ${text}\n`)

const server = require('node:http').createServer(async (request, answer) => {
  const { socket, method, url, headers } = request
  const client = `${socket.remoteAddress}:${socket.remotePort}`
  log(`${method} ${url} from ${client} user ${headers['x-forwarded-user']}`)
  answer.setHeader('X-Client', client)
  if (url === '/401') return answer.writeHead(401).end()
  if (url === '/echo') return request.pipe(answer)
  if (url === '/hints') answer.writeEarlyHints({ link: '</a.css>; rel=preload; as=style' })
  if (url === '/credentials') { // of a unix socket's client, which only another language can see
    const code = 'import socket as s, struct; print(*struct.unpack("3i", s.socket(fileno=3).getsockopt(s.SOL_SOCKET, s.SO_PEERCRED, 12)))'
    return answer.end(require('node:child_process').spawnSync('python3', ['-c', code], { stdio: ['ignore', 'pipe', 'inherit', socket._handle.fd] }).stdout)
  }
  if (url === '/slow') await new Promise((then) => setTimeout(then, 300))
  let size = 0
  try {
    for await (const part of request) size += part.length
  } catch {
    return log(`${url} was cut`)
  }
  if (url === '/hints') log(`stored ${size}`)
  const parts = url === '/parts' ? [60, 300] : Array({ '/tokens': 120, '/endless': 6000 }[url] ?? 0).fill(100)
  for (const pause of parts) {
    answer.write('part ')
    await new Promise((then) => setTimeout(then, pause))
  }
  answer.end(`version ${VERSION} size ${size}`)
})
server.keepAliveTimeout = 60_000 // else Node ends a client that rests while the next version boots slowly
server.on('connect', (request, socket) => {
  const backend = net.connect(process.env.BACKEND, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
  backend.on('error', () => socket.destroy())
  socket.on('error', () => backend.destroy()).pipe(backend).pipe(socket)
})
server.on('upgrade', (request, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: raw\r\nConnection: Upgrade\r\n\r\n')
  socket.on('data', (data) => socket.write('raw ' + data))
})

// Reads the line that a proxy may write before everything else, as packages of npm do.
const parsers = server.listeners('connection')
if (process.env.PROXY_LINE) server.removeAllListeners('connection').on('connection', (socket) => {
  socket.on('error', () => socket.destroy())
  socket.once('readable', () => {
    const data = socket.read()
    if (!data) return
    const end = data.indexOf('\r\n'), [proxy, , address, , port] = data.toString('latin1', 0, end).split(' ')
    if (proxy === 'PROXY') {
      Object.defineProperty(socket, 'remoteAddress', { value: address })
      Object.defineProperty(socket, 'remotePort', { value: port })
    }
    const rest = proxy === 'PROXY' ? data.subarray(end + 2) : data
    if (rest.length) socket.unshift(rest)
    for (const parse of parsers) parse.call(server, socket)
  })
})
server.listen(...(process.env.SOCKET ? [process.env.SOCKET] : [process.env.PORT, process.env.HOST ?? '127.0.0.1']))
