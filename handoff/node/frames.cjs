'use strict'
// Where one WebSocket frame ends and the next begins in what a program writes,
// however it cuts its writes. RFC 6455, section 5.2. Pure.

/** The states of [Frames]. */
const HEAD = 0 // the HTTP answer to the upgrade
const FRAME = 1 // the first two bytes of a frame, or between two frames
const LENGTH = 2 // the rest of its header
const PAYLOAD = 3
const OTHER = 4 // the program refused the upgrade: no WebSocket

const END = Buffer.from('\r\n\r\n')
const MAX_HEAD = 64 * 1024

class Frames {
  constructor() {
    this.state = HEAD
    this.head = [] // of the answer, or of the frame, so far
    this.size = 0 // bytes in it
    this.left = 0 // bytes of LENGTH or PAYLOAD to come
    this.closed = false // the program has written a close frame
  }

  /** A frame of ours may be written now. */
  get boundary() {
    return this.state === FRAME && this.size === 0
  }

  /** What the program writes next. */
  push(chunk) {
    let at = 0
    while (at < chunk.length && this.state !== OTHER) {
      switch (this.state) {
        case HEAD:
          at = this.answer(chunk)
          break
        case FRAME:
          at = this.gather(chunk, at, 2)
          if (this.size === 2) this.begin()
          break
        case LENGTH:
          at = this.gather(chunk, at, this.left)
          if (this.size === this.left) this.measured()
          break
        case PAYLOAD: {
          const n = Math.min(this.left, chunk.length - at)
          at += n
          this.left -= n
          if (this.left === 0) this.next()
        }
      }
    }
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
    const ok = /^HTTP\/1\.1 101[ \r]/.test(all.toString('latin1', 0, Math.min(end + 2, 32)))
    this.state = ok ? FRAME : OTHER
    this.reset()
    return end + END.length - before
  }

  /** Collects up to want bytes of a frame's header. */
  gather(chunk, at, want) {
    const n = Math.min(want - this.size, chunk.length - at)
    this.head.push(chunk.subarray(at, at + n))
    this.size += n
    return at + n
  }

  begin() {
    const b = this.bytes()
    if ((b[0] & 0x0f) === 8) this.closed = true
    const short = b[1] & 0x7f
    this.masked = (b[1] & 0x80) !== 0
    this.wide = short === 126 ? 2 : short === 127 ? 8 : 0
    this.short = short
    this.left = this.wide + (this.masked ? 4 : 0)
    this.reset()
    if (this.left > 0) this.state = LENGTH
    else this.payload(short)
  }

  measured() {
    const b = this.bytes()
    let n = this.short
    if (this.wide === 2) n = b.readUInt16BE(0)
    if (this.wide === 8) n = b.readUInt32BE(0) * 2 ** 32 + b.readUInt32BE(4)
    this.reset()
    this.payload(n)
  }

  payload(n) {
    this.left = n
    if (n > 0) this.state = PAYLOAD
    else this.next()
  }

  next() {
    this.state = FRAME
    this.reset()
  }

  bytes() {
    return Buffer.concat(this.head, this.size)
  }

  reset() {
    this.head = []
    this.size = 0
  }
}

/** A close frame as a server sends it: not masked. The reason is short. */
function closeFrame(code, reason) {
  const text = Buffer.from(reason).subarray(0, 123)
  const b = Buffer.alloc(4 + text.length)
  b[0] = 0x88
  b[1] = 2 + text.length
  b.writeUInt16BE(code, 2)
  text.copy(b, 4)
  return b
}

module.exports = { Frames, closeFrame, OTHER }
