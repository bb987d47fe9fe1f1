// This server listens at $SOCKET. It knows nothing of the file that the one before may have left.
import http from 'node:http'
http.createServer((req, res) => {
  res.setHeader('content-type', 'application/json')
  res.end(JSON.stringify({ pong: true, version: +process.env.HOTSWAP_GENERATION, pid: process.pid }))
}).listen(process.env.SOCKET)
