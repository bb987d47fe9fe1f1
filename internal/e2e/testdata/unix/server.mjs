// This server listens at $SOCKET and, if it is set, on $PORT, in the order that $ORDER
// says. It knows nothing of the file that the one before may have left.
import http from 'node:http'
const version = process.env.HOTSWAP_GENERATION
const serve = (at) => new Promise((resolve) => http.createServer((req, res) => {
  res.setHeader('content-type', 'application/json')
  res.end(JSON.stringify({ pong: true, version: +version, pid: process.pid }))
}).listen(at, resolve))
for (const at of process.env.ORDER.split(' ')) await serve(at === 'port' ? +process.env.PORT : process.env.SOCKET)
