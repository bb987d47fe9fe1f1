import { createServer } from 'node:http'

const version = 1

createServer((request, response) => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ pong: true, version, pid: process.pid }))
}).listen(process.env.PORT ?? 4000)
