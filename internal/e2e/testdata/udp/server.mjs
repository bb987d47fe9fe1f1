// This server echoes datagrams, with its generation and process in front. With $TCP it answers requests at the same port,
// and opens that port last.
import dgram from 'node:dgram'
import http from 'node:http'
const port = +process.env.PORT, version = +process.env.HOTSWAP_GENERATION
const socket = dgram.createSocket('udp4')
socket.on('message', (m, from) => socket.send(version + ' ' + process.pid + ' ' + m, from.port, from.address))
socket.bind(port, () => {
  if (process.env.TCP) http.createServer((req, res) => {
    res.setHeader('content-type', 'application/json')
    res.end(JSON.stringify({ pong: true, version, pid: process.pid }))
  }).listen(port)
})
