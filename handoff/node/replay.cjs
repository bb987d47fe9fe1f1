'use strict'
// The first messages of a client, which the process that takes its WebSocket over is
// told once more: one after the other, for a program may take offence at a message
// that comes before it has answered the greeting (graphql-ws does). What the client
// sends meanwhile waits.

const { clearTimeout, setImmediate, setTimeout } = require('timers') // the global ones may be replaced
const { Frames, FRAME } = require('./frames.cjs')

const ANSWER = 100 // ms that the program has for an answer, if it has one

const END = Buffer.from('\r\n\r\n')

const laters = new WeakMap() // socket → what it is told later, the unread bytes last

/** What the program may read at once of all that has come with a socket, of which so
 * many messages are repeated; the rest is for begin. */
function first(socket, all, repeated) {
  const frames = new Frames(FRAME)
  const parts = []
  let at = all.indexOf(END) + END.length
  for (let from = 0; frames.messages < repeated; from = at) {
    const before = frames.messages
    while (frames.messages === before) at += frames.push(all.subarray(at), true)
    parts.push(all.subarray(from, at))
  }
  if (parts.length === 0) return all
  laters.set(socket, [...parts.slice(1), all.subarray(at)])
  return parts[0]
}

/** Goes on with what first has left; kept is null where nothing more is followed. */
function begin(socket, kept) {
  const parts = laters.get(socket)
  laters.delete(socket)
  if (!parts) return null
  if (kept && !kept.why) return new Replay(kept, parts)
  for (const part of parts) if (part.length > 0) socket.push(part)
  return null
}

class Replay {
  constructor(kept, parts) {
    this.kept = kept
    this.parts = parts
    this.said = 0 // messages of the program when it was told the last one
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

module.exports = { begin, first }
