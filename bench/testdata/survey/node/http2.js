// HTTP/2 without TLS.
require('node:http2')
  .createServer((_, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ pong: true, version: Number(process.env.HOTSWAP_GENERATION), pid: process.pid }))
  })
  .listen(Number(process.env.PORT), '127.0.0.1')
