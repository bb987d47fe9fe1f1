'use strict'
// Lines of JSON between the adapter and hotswap, some with a socket. The connection
// keeps no process alive, and its end is no error. Bun's adapter loads this file, too.

const net = require('net')
const { safely } = require('./common.cjs')

const MAX_LINE = 1024 * 1024

/** Connects, and returns send(message, handle, done). Calls on(message, handle) for
 * each message but got, and on(null) at the end; handle is undefined if no socket has come with the message. passes says
 * that sockets are passed. done is called when hotswap says whether it has got the socket: hotswap may have no descriptor left, and
 * some versions of macOS drop one that its sender has closed before (nodejs/node#7512). send.keepAlive(true) has the process live as long as the connection. */
function open(path, on, passes) {
  const passer = passes ? require('./internals.cjs').passing(net) : null
  const socket = passer ? passer.socket : new net.Socket()
  const received = passer ? passer.received : []
  const queue = [] // { text, handle, done }
  const given = [] // what to call when hotswap has got a socket
  let busy = false // a write is under way
  let ended = false
  let rest = '' // of a line that is not whole
  let its // the handle that came with it
  socket.connect({ path })
  socket.unref()
  socket.setEncoding('latin1') // each read is an event
  socket.on('error', () => {})
  socket.on('connect', next)
  socket.on('close', () => {
    ended = true
    for (const { done } of queue.splice(0)) if (done) done(new Error('no connection'))
    for (const done of given.splice(0)) done(null) // hotswap may have them
    for (const handle of received.splice(0).concat(its)) if (handle) handle.close()
    on(null)
  })
  socket.on('data', (text) => {
    const lines = (rest + text).split('\n')
    const handles = [its]
    // A read ends behind the text that came with a socket (unix(7)), and has that text without it where this process may open no more.
    const handle = received.shift()
    if (handle) handles[lines.length - (lines[lines.length - 1] === '' ? 2 : 1)] = handle
    rest = lines.pop()
    its = handles[lines.length]
    if (rest.length > MAX_LINE) return socket.destroy()
    lines.forEach((line, i) => {
      const message = safely(() => JSON.parse(Buffer.from(line, 'latin1').toString())) // undefined: hotswap has another version
      if (message?.type === 'got' && given.length > 0)
        given.shift()(message.lost ? new Error('hotswap has no descriptor left') : null)
      else if (message && typeof message === 'object') on(message, handles[i])
    })
  })

  /** Writes one message after the other: a stream passes a write on at once, and with
   * the handle that belongs to it, only when no other write is under way. */
  function next() {
    if (busy || ended || socket.connecting || queue.length === 0) return
    const { text, handle, done } = queue.shift()
    busy = true
    if (passer) passer.next(handle)
    if (handle) given.push(done) // before hotswap can answer
    socket.write(text, 'utf8', (error) => {
      const sent = passer ? passer.next() : handle === null
      busy = false
      if ((error || !sent) && given.includes(done))
        given.splice(given.indexOf(done), 1)[0](error || new Error('not passed')) // it may send
      next()
    })
  }

  const send = (message, handle = null, done = null) => {
    if (ended || socket.destroyed) return done && process.nextTick(done, new Error('no connection'))
    queue.push({ text: JSON.stringify(message) + '\n', handle, done })
    next()
  }
  send.keepAlive = (yes) => (yes ? socket.ref() : socket.unref())
  return send
}

module.exports = { open }
