'use strict'
// A WebSocket of the program, whichever library speaks on it. The adapter sees what
// the program writes to the socket, above TLS, and can send a close frame between two
// of the program's frames.

const { bytes, callback, swallow } = require('../drain/events.cjs')
const { Frames, closeFrame, OTHER } = require('./frames.cjs')
const { timers } = require('../internals.cjs')
const { hide } = require('../common.cjs')

const { setTimeout } = timers

const ANSWER = 2000 // ms that a client has to answer a close frame

class WebSocket {
  /** stream follows the client if the WebSocket may move to another process, to a server at the same place. */
  constructor(socket, stream = null, at = '') {
    this.socket = socket
    this.at = at
    this.stream = stream
    this.move = null // to another process, under way or done
    this.frames = new Frames()
    if (stream) stream.out = this.frames
    this.closing = null // the close frame to send
    this.silent = false // nothing that the program writes may follow
    this.over = false // the program itself ends the WebSocket
    const self = this
    this.write = socket.write
    this.end = socket.end
    hide(socket, 'write', function write(chunk, encoding) {
      if (self.silent) return swallow(arguments) // nothing may follow a close frame, RFC 6455, section 5.5.1
      self.see(chunk, encoding)
      const more = self.write.apply(this, arguments)
      self.sendClose()
      return more
    })
    hide(socket, 'end', function end() {
      self.over = true
      return self.end.apply(this, self.silent ? [callback(arguments)] : arguments)
    })
  }

  /** Reports whether the program has refused the upgrade. */
  get refused() {
    return this.frames.state === OTHER
  }

  /** Reports whether a close frame is under way in either direction, or the program ends the socket. */
  get leaving() {
    return this.silent || this.over || this.frames.closed
  }

  see(chunk, encoding) {
    try {
      if (chunk != null && chunk.length > 0 && !this.refused) this.frames.push(bytes(chunk, encoding))
    } catch (e) {
      this.frames.state = OTHER // where a frame ends is not known: leave the socket alone
    }
  }

  /** Sends a close frame as soon as a frame of the program ends. */
  close(code, reason) {
    if (this.leaving || this.closing) return
    this.closing = closeFrame(code, reason)
    this.sendClose()
  }

  sendClose() {
    if (!this.closing || this.leaving || !this.frames.boundary || !this.socket.writable) return
    this.silent = true
    this.write.call(this.socket, this.closing)
    // The client answers, and the program's library then ends the socket. If the client
    // does not answer, or does not even read, the adapter ends it:
    setTimeout(() => {
      if (!this.socket.destroyed) this.socket.destroySoon()
      setTimeout(() => this.socket.destroy(), ANSWER).unref()
    }, ANSWER).unref()
  }
}

module.exports = { WebSocket }
