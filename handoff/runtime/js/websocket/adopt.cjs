'use strict'
// A WebSocket's way into this process. The server that listens at its port accepts the
// connection as if it came from the network, and reads the request for the upgrade
// again. The client has its answer already: the new answer is not sent, and must agree.

const { bytes, callback, swallow } = require('../drain/events.cjs')
const { headerOf } = require('./client-stream.cjs')
const { Frames, OTHER } = require('./frames.cjs')
const { unfit } = require('../drain/moving.cjs')
const { accept, handleOf, muteEnd, pauseRead, resumeRead, unmuteEnd, timers } = require('../internals.cjs')
const { hide, reason } = require('../common.cjs')

const { clearTimeout, setImmediate, setTimeout } = timers

const END = Buffer.from('\r\n\r\n')

const now = Date.now.bind(Date)

class Adoption {
  /** order: { id, untilMs, load: { request, protocol, state } }. Calls send once. */
  constructor(order, handle, send) {
    this.order = order
    this.handle = handle
    this.send = send
    this.adopted = { state: order.load.state } // the program gets this object
    hide(this.adopted, 'stream', null) // of a socket that may move again
    this.socket = null
    this.frames = new Frames() // of the answer
    this.rest = null // of what came with the socket: all but the request
    this.over = false // decided
    this.accepted = false
  }

  /** Has the server accept the connection. */
  begin(server) {
    const why = unfit(this.order, this.handle, server)
    if (why) return this.refuse(why)
    try {
      this.enter(server)
    } catch (e) {
      this.refuse(`the adapter failed: ${reason(e)}`)
    }
  }

  enter(server) {
    this.timer = setTimeout(() => this.refuse('the program did not answer in time'), this.order.untilMs - now())
    this.timer.unref()
    // Until the program has agreed, this process must neither end the connection nor
    // read from it: hotswap tells the client to reconnect if the program refuses.
    muteEnd(this.handle)
    pauseRead(this.handle)
    accept(server, this.handle)
    if (!this.socket) return this.refuse('the server does not accept it')
    if (this.over) return
    // From a network nothing comes behind the request before it is answered, and some
    // servers throw away what does. So the rest follows the answer.
    const all = Buffer.from(this.order.load.request, 'base64')
    const end = all.indexOf(END) + END.length
    this.rest = all.subarray(end)
    this.socket.push(all.subarray(0, end))
  }

  /** The server's socket has been made, and the program has not seen it yet. */
  meet(socket) {
    this.socket = socket
    const { write, end } = socket
    const self = this
    this.write = write
    hide(socket, 'write', function write_(chunk, encoding) {
      if (self.accepted) return write.apply(this, arguments)
      if (!self.over && chunk != null) self.answer(bytes(chunk, encoding))
      return swallow(arguments)
    })
    hide(socket, 'end', function end_(chunk, encoding) {
      if (self.accepted) return end.apply(this, arguments)
      if (!self.over && chunk != null && typeof chunk !== 'function') self.answer(bytes(chunk, encoding))
      self.refuse('the program ended it')
      return end.call(this, callback(arguments))
    })
    socket.once('close', () => this.refuse('the program closed it'))
  }

  /** What the program writes until the head of its answer has ended. */
  answer(chunk) {
    const n = this.frames.push(chunk, true)
    const { answered, state } = this.frames
    if (answered === '') return state === OTHER && this.refuse('its answer has no end')
    const why = this.differs(answered)
    if (why) return this.refuse(why)
    if (now() >= this.order.untilMs) return this.refuse('the program did not answer in time')
    const behind = chunk.subarray(n)
    this.accept()
    if (behind.length > 0) this.write.call(this.socket, behind)
  }

  /** Why the answer is not the one that the client had, or ''. */
  differs(head) {
    const status = /^HTTP\/1\.1 (\d{3})[ \r]/.exec(head)
    if (!status || status[1] !== '101') return `the new process answers ${status ? status[1] : 'no HTTP'}`
    if (headerOf(head, 'sec-websocket-extensions')) return 'the new process wants an extension'
    if (headerOf(head, 'sec-websocket-protocol') !== this.order.load.protocol)
      return 'the new process speaks another subprotocol'
    return ''
  }

  accept() {
    this.finish()
    this.accepted = true
    unmuteEnd(this.handle)
    setImmediate(() => this.read())
    this.send({ type: 'taken', id: this.order.id })
  }

  /** The program may read what came behind the request. */
  read() {
    const { socket, rest } = this
    if (socket.destroyed) return
    if (this.adopted.stream) return this.adopted.stream.arrived(rest)
    if (rest.length > 0) socket.push(rest)
    resumeRead(handleOf(socket))
  }

  refuse(why) {
    if (this.over) return
    this.finish()
    this.send({ type: 'taken', id: this.order.id, error: why })
    if (this.socket) this.socket.destroy()
    else if (this.handle) this.handle.close()
  }

  finish() {
    this.over = true
    clearTimeout(this.timer)
  }
}

module.exports = { Adoption }
