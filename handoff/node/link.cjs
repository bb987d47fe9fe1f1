'use strict'
// The connection to hotswap: lines of JSON both ways. It keeps no process alive,
// and its end is no error.

const net = require('net')

const MAX_LINE = 64 * 1024

/** Calls on(message) for each message, and on(null) at the end. */
function open(path, on) {
  let rest = ''
  const socket = net.connect({ path })
  socket.unref()
  socket.setEncoding('utf8')
  socket.on('error', () => {})
  socket.on('close', () => on(null))
  socket.on('data', (text) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()
    if (rest.length > MAX_LINE) return socket.destroy()
    for (const line of lines) {
      let message
      try {
        message = JSON.parse(line)
      } catch (e) {
        continue
      }
      if (message && typeof message === 'object') on(message)
    }
  })
  return (message) => {
    if (!socket.destroyed) socket.write(JSON.stringify(message) + '\n')
  }
}

module.exports = { open }
