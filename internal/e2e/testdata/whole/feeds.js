// Its answers have line feeds alone, as those of some devices and scripts. They are longer than an interim answer, behind
// which no connection moves.
const VERSION = 1

require('node:net').createServer((socket) => {
  let got = ''
  socket.on('error', () => socket.destroy())
  socket.on('data', (data) => {
    got += data
    for (let end; (end = got.indexOf('\r\n\r\n')) >= 0; got = got.slice(end + 4)) socket.write(`HTTP/1.1 200 OK\nContent-Type: text/plain\nContent-Length: 9\n\nversion ${VERSION}`)
  })
}).listen(process.env.PORT, '127.0.0.1')
