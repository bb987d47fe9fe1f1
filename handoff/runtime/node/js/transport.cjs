'use strict'
// The connection to hotswap: lines of JSON both ways, and with some of them a socket.
// It keeps no process alive, and its end is no error.

const net = require('net')
const { hide } = require('./websocket/websocket.cjs')

const MAX_LINE = 1024 * 1024
const IPC = 2 // src/pipe_wrap.h: a pipe that sockets may pass

/** Calls on(message, handle) for each message, and on(null) at the end; handle is of
 * the socket that has come with it, as one does with each take. Returns send(message,
 * handle, done). Without passing it is a connection as any other. */
function open(path, on, passing) {
  let rest = ''
  const socket = passing ? new net.Socket({ handle: pipe(), manualStart: true }) : new net.Socket()
  const came = passing ? receive(socket._handle) : []
  const out = new Out(socket)
  socket.connect({ path })
  socket.unref()
  socket.setEncoding('utf8')
  socket.on('error', () => {})
  socket.on('connect', () => out.next())
  socket.on('close', () => {
    out.end()
    for (const handle of came.splice(0)) handle.close()
    on(null)
  })
  socket.on('data', (text) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()
    if (rest.length > MAX_LINE) return socket.destroy()
    for (const line of lines) {
      let message
      try {
        message = JSON.parse(line)
      } catch (e) {
        continue
      }
      if (message && typeof message === 'object') on(message, message.type === 'take' ? came.shift() : undefined)
    }
  })
  return (message, handle, done) => out.send(message, handle, done)
}

/** A pipe of Node's, whose class it does not name: that of any socket that connects. */
function pipe() {
  const other = new net.Socket()
  other.on('error', () => {})
  other.connect({ path: '/' })
  const Pipe = other._handle.constructor
  other.destroy()
  return new Pipe(IPC)
}

/** Collects the handles that come: each is there when the bytes are that it came with,
 * and the next one not before the next bytes (LibuvStreamWrap::OnUvRead). */
function receive(handle) {
  const came = []
  const read = handle.onread
  handle.onread = function onread() {
    if (this.pendingHandle) {
      came.push(this.pendingHandle)
      this.pendingHandle = null
    }
    return read.apply(this, arguments)
  }
  return came
}

/** What is to be written, one message after the other: only when nothing is under way
 * does a stream pass a write on at once, and so with the handle that belongs to it. */
class Out {
  constructor(socket) {
    this.socket = socket
    this.queue = []
    this.busy = false
    this.ended = false
    this.handle = null // that goes with the write that is being made
    const pipe = socket._handle
    if (!pipe) return
    const write = pipe.writeUtf8String
    const self = this
    hide(pipe, 'writeUtf8String', function writeUtf8String(req, text) {
      const handle = self.handle
      self.handle = null
      return handle ? write.call(this, req, text, handle) : write.call(this, req, text)
    })
  }

  send(message, handle = null, done = null) {
    if (this.ended || this.socket.destroyed) return done && process.nextTick(done, new Error('no connection'))
    this.queue.push({ text: JSON.stringify(message) + '\n', handle, done })
    this.next()
  }

  next() {
    if (this.busy || this.ended || this.socket.connecting || this.queue.length === 0) return
    const { text, handle, done } = this.queue.shift()
    this.busy = true
    this.handle = handle
    this.socket.write(text, 'utf8', (error) => {
      const left = this.handle
      this.handle = null
      this.busy = false
      if (done) done(error || (left ? new Error('not passed') : null)) // may send
      this.next()
    })
  }

  end() {
    this.ended = true
    for (const { done } of this.queue.splice(0)) if (done) done(new Error('no connection'))
  }
}

module.exports = { open }
