'use strict'
// The way of one WebSocket into this process: the server that listens at its port
// accepts it as if it came from the network, and reads the request for the upgrade
// anew. The client has had its answer: this one is not sent, and must say the same.

const { clearTimeout, setTimeout } = require('timers') // the global ones may be replaced
const { bytes, deafen, hide } = require('./websocket.cjs')
const { headerOf } = require('./client-stream.cjs')
const { first, release } = require('./replay.cjs')

const MAX_HEAD = 64 * 1024
const END = Buffer.from('\r\n\r\n')

const RECENT = 250 // ms

const now = Date.now.bind(Date)
let last = -Infinity // when one came

/** Of the servers of a port the one that connections to an address come to, the newest
 * if several: one may be for this machine only, and another for everybody. */
function serverAt(servers, address) {
  const plain = (text) => String(text).replace(/^::ffff:/, '')
  const open = servers.filter((s) => s._handle && typeof s._handle.onconnection === 'function').reverse()
  const at = (s) => plain((s.address() || {}).address)
  return open.find((s) => at(s) === plain(address)) || open.find((s) => ['::', '0.0.0.0', 'undefined'].includes(at(s)))
}

class Adoption {
  /** order: { id, untilMs, load: { request, protocol, replay, state } }. send answers it once. */
  constructor(order, handle, send) {
    this.order = order
    this.handle = handle
    this.send = send
    this.socket = null
    this.head = [] // of the answer
    this.size = 0
    this.over = false // it has been decided
    this.accepted = false
  }

  /** Lets one of the servers accept the connection, as libuv would. */
  begin(servers) {
    last = now()
    try {
      if (this.handle) this.enter(servers)
    } catch (e) {
      this.refuse(`the adapter failed: ${e && e.message}`)
    }
  }

  enter(servers) {
    const local = {}
    this.handle.getsockname(local)
    const server = serverAt(servers, local.address)
    if (!server) return this.refuse('no server listens there')
    const left = this.order.untilMs - now()
    if (!(left > 0)) return this.refuse('it came too late')
    this.timer = setTimeout(() => this.refuse('the program did not answer in time'), left)
    this.timer.unref()
    // Until the program has agreed, no end of it may be sent from here.
    hide(this.handle, 'shutdown', () => 1)
    hide(this.handle, 'reset', function reset(close) {
      return this.close(close)
    })
    // Nor is anything of it read: who refuses it must not have it.
    deafen(this.handle)
    server._handle.onconnection(0, this.handle)
    if (!this.socket) return this.refuse('the server does not accept it')
    const { request, replay } = this.order.load
    if (!this.over) this.socket.push(first(this.socket, Buffer.from(request, 'base64'), replay || 0))
  }

  /** The server's socket is made, and nobody has seen it yet. */
  meet(socket) {
    this.socket = socket
    const { write, end } = socket
    const self = this
    this.write = write
    hide(socket, 'write', function write_(chunk, encoding, done) {
      if (self.accepted) return write.apply(this, arguments)
      const call = typeof encoding === 'function' ? encoding : done
      if (typeof call === 'function') process.nextTick(call)
      if (!self.over && chunk != null) self.answer(bytes(chunk, encoding))
      return true
    })
    hide(socket, 'end', function end_(chunk, encoding, done) {
      if (self.accepted) return end.apply(this, arguments)
      if (!self.over && chunk != null && typeof chunk !== 'function') self.answer(bytes(chunk, encoding))
      self.refuse('the program ended it')
      return end.call(this, [chunk, encoding, done].find((x) => typeof x === 'function'))
    })
    socket.once('close', () => this.refuse('the program closed it'))
  }

  /** What the program writes until its answer's head has ended. */
  answer(chunk) {
    this.head.push(chunk)
    this.size += chunk.length
    const all = this.head.length === 1 ? chunk : Buffer.concat(this.head, this.size)
    this.head = [all]
    const end = all.indexOf(END)
    if (end < 0) {
      if (this.size > MAX_HEAD) this.refuse('its answer has no end')
      return
    }
    const why = this.differs(all.toString('latin1', 0, end + 2))
    if (why) return this.refuse(why)
    if (now() >= this.order.untilMs) return this.refuse('the program did not answer in time')
    this.accept()
    const rest = all.subarray(end + END.length)
    if (rest.length > 0) this.write.call(this.socket, rest)
  }

  /** Why the answer is not the one that the client had. */
  differs(head) {
    const status = /^HTTP\/1\.1 (\d{3})[ \r]/.exec(head)
    if (!status || status[1] !== '101') return `the new process answers ${status ? status[1] : 'no HTTP'}`
    if (headerOf(head, 'sec-websocket-extensions')) return 'the new process wants an extension'
    if (headerOf(head, 'sec-websocket-protocol') !== this.order.load.protocol) return 'the new process speaks another subprotocol'
    return ''
  }

  accept() {
    this.finish()
    this.accepted = true
    delete this.handle.shutdown
    delete this.handle.reset
    release(this.socket)
    this.send({ type: 'taken', id: this.order.id })
  }

  refuse(why) {
    if (this.over) return
    this.finish()
    this.send({ type: 'taken', id: this.order.id, error: why })
    if (this.socket) this.socket.destroy()
    else this.handle.close()
  }

  finish() {
    this.over = true
    this.head = []
    clearTimeout(this.timer)
  }
}

/** Whether WebSockets are coming: they do not come alone. */
function recent() {
  return Math.abs(now() - last) < RECENT
}

module.exports = { Adoption, recent, serverAt }
