// Node's own http server, the least there is.
const http = require('node:http')

const version = Number(process.env.VERSION || require('./version.json').version)

http
  .createServer((request, response) => {
    response.writeHead(request.url === '/ping' ? 200 : 404, { 'Content-Type': 'application/json' })
    response.end(JSON.stringify({ pong: true, version, pid: process.pid }))
  })
  .listen(Number(process.env.PORT ?? 4000), process.env.HOST ?? '127.0.0.1')
