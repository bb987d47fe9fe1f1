'use strict'
// One WebSocket of the program, whichever library speaks on it: we see what it
// writes to the socket, above TLS, and can say goodbye between two frames.

const { setTimeout } = require('timers') // the global one may be replaced
const { Frames, closeFrame, OTHER } = require('./frames.cjs')

const ANSWER = 2000 // ms that a client has to answer a close frame

function bytes(chunk, encoding) {
  if (typeof chunk === 'string') return Buffer.from(chunk, typeof encoding === 'string' ? encoding : 'utf8')
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}

const hide = (object, name, value) =>
  Object.defineProperty(object, name, { value, writable: true, configurable: true, enumerable: false })

/** Nothing is read from the wire, whatever the program's stream wants. */
function deafen(handle) {
  handle.reading = false
  handle.readStop()
  hide(handle, 'readStart', () => 0)
}

/** It is read again. */
function hear(handle) {
  delete handle.readStart
  handle.reading = true
  handle.readStart()
}

class WebSocket {
  /** kept is what the client sends, followed, if the socket may be handed over. */
  constructor(socket, kept = null) {
    this.socket = socket
    this.kept = kept
    this.move = null // to another process, under way or done
    this.frames = new Frames()
    if (kept) kept.out = this.frames
    this.dueAt = 0 // when it is to be told; 0: not
    this.goodbye = null // the frame that is due
    this.silent = false // nothing that the program writes may follow any more
    this.over = false // the program ends it by itself
    const self = this
    this.write = socket.write
    this.end = socket.end
    const mine = ['write', 'end'].filter((name) => !Object.prototype.hasOwnProperty.call(socket, name))
    this.letGo = () => {
      for (const name of ['write', 'end']) {
        if (mine.includes(name)) delete socket[name]
        else hide(socket, name, self[name])
      }
    }
    hide(socket, 'write', function write(chunk, encoding, done) {
      if (self.silent) return self.swallow(typeof encoding === 'function' ? encoding : done)
      self.see(chunk, encoding)
      if (kept) kept.wrote()
      const more = self.write.apply(this, arguments)
      self.sayDue()
      if (self.move) self.move.news()
      return more
    })
    hide(socket, 'end', function end(chunk, encoding, done) {
      self.over = true
      if (self.silent) {
        const call = [chunk, encoding, done].find((x) => typeof x === 'function')
        const out = self.end.call(this, call)
        if (self.move) self.move.news()
        return out
      }
      return self.end.apply(this, arguments)
    })
  }

  /** Not a WebSocket after all. */
  get refused() {
    return this.frames.state === OTHER
  }

  /** The close frame is under way in either direction, or about to be. */
  get leaving() {
    return this.silent || this.over || this.frames.closed
  }

  see(chunk, encoding) {
    try {
      if (chunk != null && chunk.length > 0) this.frames.push(bytes(chunk, encoding))
    } catch (e) {
      this.frames.state = OTHER // we do not know where we are: it is left alone
    }
    if (this.refused) this.letGo()
  }

  /** After our close frame nothing may follow, RFC 6455, section 5.5.1. */
  swallow(done) {
    if (typeof done === 'function') process.nextTick(done)
    return true
  }

  /** Say goodbye as soon as a frame ends. */
  tell(code, reason) {
    if (this.leaving || this.goodbye) return
    this.goodbye = closeFrame(code, reason)
    this.sayDue()
  }

  sayDue() {
    if (!this.goodbye || this.leaving || !this.frames.boundary || !this.socket.writable) return
    this.silent = true
    this.write.call(this.socket, this.goodbye)
    // The client answers, the program's library takes that for the client's wish
    // and ends the socket. A client that does not answer:
    setTimeout(() => {
      if (!this.socket.destroyed) this.socket.destroySoon()
      setTimeout(() => this.socket.destroy(), ANSWER).unref() // it does not even read
    }, ANSWER).unref()
  }

  /** The wish is taken back, unless it has been carried out. */
  forget() {
    this.dueAt = 0
    this.goodbye = null
  }
}

module.exports = { WebSocket, bytes, deafen, hear, hide }
