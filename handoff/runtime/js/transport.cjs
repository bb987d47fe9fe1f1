'use strict'
// Lines of JSON between the adapter and hotswap, some with a socket. The connection
// keeps no process alive, and its end is no error. Bun's adapter loads this file, too.

const net = require('net')

const MAX_LINE = 1024 * 1024

/** Connects, and returns send(message, handle, done). Calls on(message, handle) for
 * each message but got, and on(null) at the end; a take, a conn and what says so have the handle of a socket. passes says
 * that sockets are passed. On macOS done is called when hotswap says that it has got the socket, because some versions drop
 * one that its sender has closed before (nodejs/node#7512). send.keepAlive(true) has the process live as long as the connection. */
function open(path, on, passes) {
  const passer = passes ? require('./internals.cjs').passing(net) : null
  const socket = passer ? passer.socket : new net.Socket()
  const received = passer ? passer.received : []
  const queue = [] // { text, handle, done, waits }
  const given = [] // what to call when hotswap has got a socket
  let busy = false // a write is under way
  let ended = false
  let rest = ''
  socket.connect({ path })
  socket.unref()
  socket.setEncoding('utf8')
  socket.on('error', () => {})
  socket.on('connect', next)
  socket.on('close', () => {
    ended = true
    for (const { done } of queue.splice(0)) if (done) done(new Error('no connection'))
    for (const done of given.splice(0)) done(null) // hotswap may have them
    for (const handle of received.splice(0)) handle.close()
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
      if (message && message.type === 'got' && given.length > 0) given.shift()(null)
      else if (message && typeof message === 'object') on(message, message.type === 'take' || message.type === 'conn' || message.handle === true ? received.shift() : undefined)
    }
  })

  /** Writes one message after the other: a stream passes a write on at once, and with
   * the handle that belongs to it, only when no other write is under way. */
  function next() {
    if (busy || ended || socket.connecting || queue.length === 0) return
    const { text, handle, done, waits } = queue.shift()
    busy = true
    if (passer) passer.next(handle)
    socket.write(text, 'utf8', (error) => {
      const sent = passer ? passer.next() : handle === null
      busy = false
      if (done && waits && sent && !error) given.push(done)
      else if (done) done(error || (sent ? null : new Error('not passed'))) // done may send
      next()
    })
  }

  const send = (message, handle = null, done = null) => {
    if (ended || socket.destroyed) return done && process.nextTick(done, new Error('no connection'))
    const waits = handle !== null && done !== null && process.platform === 'darwin'
    queue.push({ text: JSON.stringify(waits ? Object.assign({ waits }, message) : message) + '\n', handle, done, waits })
    next()
  }
  send.keepAlive = (yes) => (yes ? socket.ref() : socket.unref())
  return send
}

module.exports = { open }
