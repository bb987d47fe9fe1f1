// This server echoes datagrams, with its generation and process in front.
import dgram from 'node:dgram'
const socket = dgram.createSocket('udp4')
socket.on('message', (m, from) => socket.send(process.env.HOTSWAP_GENERATION + ' ' + process.pid + ' ' + m, from.port, from.address))
socket.bind(+process.env.PORT)
