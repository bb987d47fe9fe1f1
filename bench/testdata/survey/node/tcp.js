// HTTP by hand on a plain TCP server, head and body in two writes.
const net = require('node:net')

const body = JSON.stringify({ pong: true, version: Number(process.env.HOTSWAP_GENERATION), pid: process.pid })

net
  .createServer((socket) => {
    let text = ''
    socket.setEncoding('latin1')
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      text += chunk
      for (let end; (end = text.indexOf('\r\n\r\n')) >= 0; ) {
        text = text.slice(end + 4)
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`)
        socket.write(body)
      }
    })
  })
  .listen(Number(process.env.PORT), '127.0.0.1')
