'use strict'
// What a program says to the adapter that hotswap has loaded into its process, by two
// named channels. Where nobody listens nothing happens: without hotswap, or where no
// WebSocket is kept.

const { channel } = require('diagnostics_channel')

const handoff = channel('hotswap.handoff')
const adoption = channel('hotswap.adopted')

/** The TCP socket below whatever a library calls a connection. */
function socketOf(x) {
  for (let depth = 0; x && typeof x === 'object' && depth < 4; depth++) {
    if (typeof x.readableLength === 'number' && typeof x.localPort === 'number') return x
    x = x._socket || x.socket || x.raw || x.ws // ws · requests, Fastify · Hono's WSContext · wrappers
  }
  return undefined
}

function onHandoff(connection, give) {
  if (typeof give !== 'function') throw new TypeError('onHandoff: the second argument must be a function')
  const socket = socketOf(connection)
  if (socket) handoff.publish({ socket, give })
}

function adopted(connection) {
  const socket = socketOf(connection)
  const message = { socket, adopted: undefined }
  if (socket) adoption.publish(message)
  return message.adopted
}

module.exports = { onHandoff, adopted }
