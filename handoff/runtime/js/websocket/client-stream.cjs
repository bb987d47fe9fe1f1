'use strict'
// What a client sends on a WebSocket that may move to another process: the request for
// the upgrade, and where its messages end. The bytes are seen between the wire and the
// program's stream, because another listener would change how they flow.

const { channel } = require('diagnostics_channel')
const { Frames, FRAME } = require('./frames.cjs')
const { CONNECTIONS, handleOf, isTCP, pauseRead, resumeRead, works } = require('../internals.cjs')
const { clock, hide } = require('../common.cjs')

const ANSWER = 100 // ms that the program has to answer a message

const keep = process.env.HOTSWAP_NODE_WEBSOCKET === 'keep' // WebSockets may move
const streams = new WeakMap() // socket → ClientStream

// The package hotswap-dev asks by two named channels, which are referenced here because some versions of
// Node collect a channel that nothing references.
const handoffs = channel('hotswap.handoff')
const adoptions = channel('hotswap.adopted')
if (keep) {
  handoffs.subscribe((message) => {
    const stream = streams.get(message?.socket)
    if (stream) stream.onHandoff = message.give
  })
  adoptions.subscribe((message) => {
    const stream = streams.get(message?.socket)
    if (stream) message.adopted = stream.adopted
  })
}

/** Follows an upgraded socket if it may move. head came behind the request. adopted is
 * { state } if another process has handed the socket over. */
function follow(req, socket, head, adopted) {
  if (!keep) return null
  const stream = new ClientStream(req, socket, head, adopted)
  streams.set(socket, stream)
  return stream
}

class ClientStream {
  constructor(req, socket, head, adopted) {
    this.socket = socket
    this.req = { method: req.method, url: req.url, version: req.httpVersion, headers: req.rawHeaders }
    this.adopted = adopted
    this.onHandoff = null // the program's
    this.frames = new Frames(FRAME)
    this.out = null // the frames of the program
    this.last = -Infinity // when a message ended
    this.recent = 0 // messages that ended shortly before; a library may deliver them one by one
    this.stopping = null // called when a message has ended
    this.halted = false // nothing is read from the wire
    this.arriving = false // the socket has moved here, and the program has not answered yet
    this.unread = [] // read, but not seen by the program
    this.ended = false // the client has ended
    this.why = this.unfit()
    if (this.why) return
    this.push = socket.push
    if (adopted) {
      adopted.stream = this
      this.arriving = true
      this.halt()
    }
    if (head?.length > 0) this.see(head)
    const self = this
    hide(socket, 'push', function push(chunk) {
      if (chunk === null) self.ended = true
      else if (self.halted)
        return self.unread.push(chunk) < 0 // false: no more
      else if (self.stopping) return self.finish(this, chunk)
      else self.see(chunk)
      return self.push.apply(this, arguments)
    })
  }

  /** Why the WebSocket cannot move, or ''. */
  unfit() {
    if (this.socket.encrypted) return 'TLS ends in the process'
    if (!isTCP(this.socket)) return 'it is no TCP socket'
    if (!works(CONNECTIONS)) return 'this version of Node is not known'
    if (/[?&]EIO=/.test(this.req.url)) return 'socket.io keeps its session in the process'
    return ''
  }

  /** Why the WebSocket cannot move in its present state, or ''. */
  get stays() {
    const extensions = this.out ? headerOf(this.out.answered, 'sec-websocket-extensions') : ''
    return this.why || (extensions && `${extensions.replace(/[;,].*$/, '')} keeps its state in the process`)
  }

  /** Follows what the client sends: all of chunk, or with once up to the end of a
   * message. Returns the number of bytes. */
  see(chunk, once) {
    const before = this.frames.messages
    const n = this.frames.push(chunk, once)
    const came = this.frames.messages - before
    if (came === 0) return n
    const now = clock()
    if (now - this.last > ANSWER) this.recent = 0
    this.last = now
    this.recent += came
    return n
  }

  /** How long to wait for an answer of the program, in ms. */
  owes(now) {
    return Math.max(0, this.last + ANSWER - now)
  }

  /** Stops reading where a message ends, then calls. */
  stop(then) {
    if (this.arriving || !this.frames.rest) {
      this.stopping = then
      return
    }
    this.halt()
    then()
  }

  /** Gives the program the rest of its message and nothing behind it. */
  finish(socket, chunk) {
    const n = this.see(chunk, true)
    const rest = chunk.subarray(n)
    if (this.frames.rest) this.halt()
    if (rest.length > 0) this.unread.push(rest)
    const more = this.push.call(socket, chunk.subarray(0, n))
    if (!this.halted) return more
    this.stopped()
    return false
  }

  stopped() {
    const then = this.stopping
    this.stopping = null
    then()
  }

  /** The program has answered the request of a socket that has moved here. rest is what
   * the process before has read and its program has not. */
  arrived(rest) {
    this.arriving = false
    if (rest.length > 0) this.unread.push(rest)
    if (this.stopping) this.stopped()
    else this.go()
  }

  /** Reads nothing from the wire. */
  halt() {
    this.halted = true
    const handle = handleOf(this.socket)
    if (handle) pauseRead(handle)
  }

  /** Reads again. */
  go() {
    this.stopping = null
    if (!this.halted || this.arriving) return
    this.halted = false
    for (const chunk of this.unread.splice(0)) {
      this.see(chunk)
      this.push.call(this.socket, chunk)
    }
    const handle = handleOf(this.socket)
    if (handle && !this.socket.destroyed) resumeRead(handle)
  }

  /** What another process is to read: the request without extensions (none was agreed
   * upon), and what the program has not seen. */
  get load() {
    const { method, url, version, headers } = this.req
    let head = `${method} ${url} HTTP/${version}\r\n`
    for (let i = 0; i + 1 < headers.length; i += 2) {
      if (!/^sec-websocket-extensions$/i.test(headers[i])) head += `${headers[i]}: ${headers[i + 1]}\r\n`
    }
    return Buffer.concat([Buffer.from(head + '\r\n', 'latin1'), ...this.unread])
  }
}

/** A header of an answer's head, or ''. */
function headerOf(head, name) {
  const match = new RegExp('^' + name + ':[ \\t]*(.*?)[ \\t]*\\r?$', 'im').exec(head)
  return match ? match[1] : ''
}

module.exports = { follow, headerOf, keep }
