'use strict'
// Finds the ends of WebSocket frames and messages in what one side sends, in pieces of any
// size. A message may have several frames, with control frames between them. RFC 6455,
// sections 5.2 and 5.4.

/** The states of [Frames]. */
const HEAD = 0 // the HTTP answer to the upgrade
const FRAME = 1 // the header of a frame, or between two frames
const PAYLOAD = 2
const OTHER = 3 // the program refused the upgrade: no WebSocket

const END = Buffer.from('\r\n\r\n')
const MAX_HEAD = 64 * 1024

class Frames {
  /** A server's bytes begin with the head of an answer (HEAD), a client's with a frame (FRAME). */
  constructor(state = HEAD) {
    this.state = state
    this.head = [] // of the answer, or of the frame, so far
    this.size = 0 // bytes in it
    this.want = 2 // bytes of a header that say how much is to come
    this.left = 0 // bytes of PAYLOAD to come
    this.closed = false // there was a close frame
    this.answered = '' // the head of the answer, once it has ended
    this.final = true // the frame is the last of its message
    this.control = false // the frame belongs to no message
    this.open = false // a message has begun in frames before this one
    this.messages = 0 // complete messages
  }

  /** Reports whether the adapter may write a frame now. */
  get boundary() {
    return this.state === FRAME && this.size === 0
  }

  /** Reports whether neither a frame nor a message is under way. */
  get rest() {
    return this.boundary && !this.open
  }

  /** Takes the next bytes: all of chunk, or with once up to the end of a message. Returns the
   * number of bytes. */
  push(chunk, once = false) {
    let at = 0
    while (at < chunk.length && this.state !== OTHER && !(once && at > 0 && this.rest)) {
      switch (this.state) {
        case HEAD:
          at = this.answer(chunk)
          break
        case FRAME:
          at = this.gather(chunk, at)
          if (this.size === this.want) this.header()
          break
        case PAYLOAD: {
          const n = Math.min(this.left, chunk.length - at)
          at += n
          this.left -= n
          if (this.left === 0) this.next()
        }
      }
    }
    return at
  }

  /** The answer ends with an empty line; returns where the frames begin. */
  answer(chunk) {
    const before = this.size
    this.head.push(chunk)
    this.size += chunk.length
    const all = this.head.length === 1 ? chunk : Buffer.concat(this.head, this.size)
    const end = all.indexOf(END)
    if (end < 0) {
      this.head = [all]
      if (this.size > MAX_HEAD) this.state = OTHER
      return chunk.length
    }
    this.answered = all.toString('latin1', 0, end + 2)
    const ok = /^HTTP\/1\.1 101[ \r]/.test(this.answered)
    this.state = ok ? FRAME : OTHER
    this.reset()
    return end + END.length - before
  }

  /** Collects the bytes of a header that are wanted. */
  gather(chunk, at) {
    const n = Math.min(this.want - this.size, chunk.length - at)
    this.head.push(chunk.subarray(at, at + n))
    this.size += n
    return at + n
  }

  /** Reads a header, or how long it is. */
  header() {
    const b = Buffer.concat(this.head, this.size)
    const short = b[1] & 0x7f
    const wide = short === 126 ? 2 : short === 127 ? 8 : 0
    this.want = 2 + wide + (b[1] & 0x80 ? 4 : 0)
    if (this.size < this.want) return
    const opcode = b[0] & 0x0f
    if (opcode === 8) this.closed = true
    this.control = opcode > 7
    this.final = (b[0] & 0x80) !== 0
    this.left = short
    if (wide === 2) this.left = b.readUInt16BE(2)
    if (wide === 8) this.left = b.readUInt32BE(2) * 2 ** 32 + b.readUInt32BE(6)
    this.want = 2
    this.reset()
    if (this.left > 0) this.state = PAYLOAD
    else this.next()
  }

  next() {
    this.state = FRAME
    this.reset()
    if (this.control) return
    this.open = !this.final
    if (this.final) this.messages++
  }

  reset() {
    this.head = []
    this.size = 0
  }
}

/** A close frame of a server. The reason is cut to 123 bytes. */
function closeFrame(code, reason) {
  const text = Buffer.from(reason).subarray(0, 123)
  const b = Buffer.alloc(4 + text.length)
  b[0] = 0x88
  b[1] = 2 + text.length
  b.writeUInt16BE(code, 2)
  text.copy(b, 4)
  return b
}

module.exports = { Frames, closeFrame, FRAME, OTHER }
