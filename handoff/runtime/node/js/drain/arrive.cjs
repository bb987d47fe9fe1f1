'use strict'
// The way of an HTTP/1 connection into this process, between two requests. The server that
// listens at its port accepts the connection as if it came from the network. All happens in
// one turn of the event loop, before anything is read: this process has the connection, or
// leaves it untouched to the one that has it still.

const { serverAt } = require('../websocket/adopt.cjs')
const { MOVE, accept, checkMove, handleOf, isParsed, isPlainHTTP, localAddress, muteEnd, unmuteEnd, waitAsKept, works } =
  require('../internals.cjs')

const now = Date.now.bind(Date)

class Arrival {
  /** order: { id, untilMs, fresh }. Calls send once. */
  constructor(order, handle, send) {
    this.order = order
    this.handle = handle
    this.send = send
    this.adopted = undefined // it is no WebSocket
    this.socket = null
  }

  /** Has one of the servers accept the connection. */
  begin(servers) {
    let error = ''
    try {
      error = this.enter(servers)
    } catch (e) {
      error = `the adapter failed: ${e && e.message}`
    }
    if (error === '') unmuteEnd(this.handle)
    else if (this.socket) this.socket.destroy()
    else if (this.handle) this.handle.close()
    this.send({ type: 'taken', id: this.order.id, error })
  }

  /** Returns why the connection is not accepted, or ''. */
  enter(servers) {
    if (!works(MOVE)) return 'this version of Node is not known'
    if (!this.handle) return 'the socket did not arrive'
    if (now() >= this.order.untilMs) return 'it came too late'
    const server = serverAt(servers, localAddress(this.handle))
    if (!isPlainHTTP(server)) return 'no HTTP server listens there'
    muteEnd(this.handle) // another process has it as well
    accept(server, this.handle)
    const { socket } = this
    if (!socket || handleOf(socket) !== this.handle || !isParsed(socket) || !socket.writable) return 'the server does not accept it'
    checkMove(socket)
    if (!works(MOVE)) return 'this version of Node is not known'
    if (!this.order.fresh) waitAsKept(socket, server)
    return ''
  }

  /** The server's socket has been made. */
  meet(socket) {
    this.socket = socket
  }
}

module.exports = { Arrival }
