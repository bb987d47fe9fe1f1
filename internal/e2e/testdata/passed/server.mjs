import http from 'node:http'
http.createServer((req, res) => {
  res.setHeader('content-type', 'application/json')
  res.end(JSON.stringify({ pong: true, version: +process.env.HOTSWAP_GENERATION, pid: process.pid }))
}).listen({ fd: 3 })
