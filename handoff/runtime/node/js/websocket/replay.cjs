'use strict'
// The first messages of a client, which the process that takes its WebSocket over is
// told once more: one after the other, for a program may take offence at a message
// that comes before it has answered the greeting (graphql-ws does). What the client
// sends meanwhile waits. Behind them comes what the process before has read and not
// seen.

const { clearTimeout, setImmediate, setTimeout } = require('timers') // the global ones may be replaced
const { Frames, FRAME } = require('./frames.cjs')
const { hear } = require('./websocket.cjs')

const ANSWER = 100 // ms that the program has for an answer, if it has one

const END = Buffer.from('\r\n\r\n')

const laters = new WeakMap() // socket → what it is told later, the unread bytes last

/** What the program may read at once of all that has come with a socket: the request.
 * From the network nothing comes behind it before it is answered, and there are servers
 * that throw away what does. The rest, of which so many messages are repeated, is for
 * begin or release. */
function first(socket, all, repeated) {
  const frames = new Frames(FRAME)
  let at = all.indexOf(END) + END.length
  const request = all.subarray(0, at)
  const parts = []
  for (let from = at; frames.messages < repeated && at < all.length; from = at) {
    const before = frames.messages
    while (frames.messages === before && at < all.length) at += frames.push(all.subarray(at), true)
    parts.push(all.subarray(from, at))
  }
  laters.set(socket, [...parts, all.subarray(at)])
  return request
}

/** Goes on with what first has left; null where nothing has come or nothing is followed. */
function begin(socket, kept) {
  const parts = laters.get(socket)
  if (!parts || !kept || kept.why) return null
  laters.delete(socket)
  return new Replay(kept, parts)
}

/** The program has answered the request. If nobody follows the socket, all is read now. */
function release(socket) {
  const parts = laters.get(socket)
  if (!laters.delete(socket)) return
  setImmediate(() => {
    if (socket.destroyed) return
    for (const part of parts) if (part.length > 0) socket.push(part)
    hear(socket._handle)
  })
}

class Replay {
  constructor(kept, parts) {
    this.kept = kept
    this.parts = parts
    this.said = -1 // messages of the program when it was told the last one; none: it was told nothing
    this.timer = null
    this.turning = false
    kept.halt()
  }

  /** The program has written something. */
  wrote() {
    const { out } = this.kept
    if (!out.answered) return
    if (out.messages === this.said) return this.wait()
    if (this.turning) return
    this.turning = true
    setImmediate(() => this.next())
  }

  wait() {
    if (this.timer || this.turning) return
    this.timer = setTimeout(() => this.next(), ANSWER)
    this.timer.unref()
  }

  next() {
    clearTimeout(this.timer)
    this.timer = null
    this.turning = false
    const { kept } = this
    if (kept.socket.destroyed || this.parts.length === 0) return
    const part = this.parts.shift()
    if (this.parts.length === 0) return kept.repeated(part)
    this.said = kept.out.messages
    kept.give(part)
    this.wait()
  }
}

module.exports = { begin, first, release }
