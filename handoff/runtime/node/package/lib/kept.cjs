'use strict'
// Sockets that hotswap keeps while processes come and go. Only the adapter can pass a
// socket to another process, because Node's own way needs a parent that is Node; the
// package finds the adapter by a named channel.

const { channel } = require('node:diagnostics_channel')
const net = require('node:net')
const { HotswapError, errorOf } = require('./errors.cjs')
const { Lines } = require('./lines.cjs')
const { below, thread } = require('./thread.cjs')

const passing = channel('hotswap.passing')
const MAX_LINE = 64 * 1024
const MAX_NAME = 255
const MAX = 64 // sockets in the memory of a process, as in hotswap

/** Keeps a duplicate of a socket. See index.d.ts. */
async function keep(name, socket) {
  checkName(name)
  checkSocket(socket)
  if (!below()) {
    for (const [name, { destroyed }] of sockets()) if (destroyed) sockets().delete(name)
    if (sockets().size >= MAX && !sockets().has(name)) throw new HotswapError(`${MAX} sockets are kept: drop some`, 'full')
    sockets().set(name, socket)
    return
  }
  const handle = adapter().handleOf(socket)
  if (!handle) throw new TypeError(`hotswap: ${kind(socket)} cannot be kept: only a connection of TCP or of a unix socket itself can, without TLS`)
  await wire().request('keep', { name }, handle)
}

/** Resolves to a socket that is kept, or undefined. */
async function kept(name) {
  checkName(name)
  if (!below()) {
    const socket = sockets().get(name)
    if (!socket || !socket.destroyed) return socket
    sockets().delete(name)
    return undefined
  }
  try {
    const handle = await wire().request('take', { name })
    // Reading begins when the program listens: bytes that this process has read are lost
    // for the others.
    if (handle) return new net.Socket({ handle, manualStart: true })
  } catch (error) {
    if (error.code === 'not-found') return undefined
    throw error
  }
  throw new HotswapError(`the descriptor ${name} is no connection that Node knows`, 'unavailable')
}

/** Resolves to whether something was kept under the name. */
async function drop(name) {
  checkName(name)
  if (!below()) return sockets().delete(name)
  let dropped = false
  await wire().request('drop', { name }, null, (answer) => (dropped = answer.dropped === true))
  return dropped
}

function checkName(name) {
  if (typeof name !== 'string' || name.length > MAX_NAME || !/^[ -9;-~]+$/.test(name)) {
    throw new TypeError(`hotswap: the name of a descriptor has 1 to ${MAX_NAME} printable ASCII characters, and no colon`)
  }
}

const kind = (x) => (x && x.constructor && x.constructor.name) || String(x)

function checkSocket(socket) {
  if (!(socket instanceof net.Socket)) throw new TypeError(`hotswap: ${kind(socket)} cannot be kept: only a net.Socket can`)
  if (socket.encrypted) throw new TypeError('hotswap: a TLS connection cannot be kept: its keys are in the memory of this process')
  if (socket.connecting || socket.destroyed) throw new TypeError(`hotswap: the socket is ${socket.connecting ? 'not connected yet' : 'closed'}`)
  if (socket.readableLength > 0) {
    throw new Error(`hotswap: the program has not read ${socket.readableLength} bytes that this process has received: keep a socket between two messages`)
  }
}

/** The sockets by name, without hotswap. */
const sockets = () => (thread().sockets ??= new Map())

function adapter() {
  const message = { internals: null }
  passing.publish(message)
  if (!message.internals) throw new HotswapError("hotswap's adapter is not in this process (--no-adapter, or another runtime than Node), so no socket can be passed", 'unavailable')
  return message.internals
}

function wire() {
  const t = thread()
  if (!t.wire || t.wire.ended) t.wire = new Wire(process.env.HOTSWAP_SOCKET, adapter())
  return t.wire
}

/** A connection to hotswap over which sockets pass: one request at a time. */
class Wire {
  constructor(path, { passing }) {
    this.passer = passing(net)
    if (!this.passer) throw new HotswapError('this version of Node cannot pass sockets to another process', 'unavailable')
    const { socket } = this.passer
    this.socket = socket
    this.lines = new Lines(MAX_LINE)
    this.lastID = 0
    this.pending = null
    this.error = null
    this.last = Promise.resolve()
    socket.connect({ path })
    socket.unref()
    socket.on('error', (error) => (this.error ??= error))
    socket.on('data', (chunk) => this.receive(chunk))
    socket.on('close', () => this.end())
    const { version } = require('../package.json')
    this.request('hello', { version: 1, client: 'node/' + version }).catch((error) => {
      this.error ??= error
      socket.destroy()
    })
  }

  get ended() {
    return this.error !== null || this.socket.destroyed
  }

  /** Resolves to the handle that comes with the answer; undefined: none does. */
  request(op, fields, handle = null, see = null) {
    const done = this.last.then(() => this.ask(op, fields, handle, see))
    this.last = done.catch(() => {})
    return done
  }

  ask(op, fields, handle, see) {
    return new Promise((resolve, reject) => {
      if (this.ended) return reject(this.lost())
      const id = ++this.lastID
      this.pending = { id, resolve, reject, see }
      this.socket.ref()
      this.passer.next(handle)
      this.socket.write(JSON.stringify({ id, op, ...fields }) + '\n', 'utf8', () => {
        if (handle && !this.passer.next()) this.fail(new HotswapError('Node did not pass the socket', 'unavailable'))
      })
    })
  }

  receive(chunk) {
    try {
      for (const line of this.lines.add(chunk)) {
        const answer = JSON.parse(line)
        const { pending } = this
        const handle = this.passer.received.shift()
        if (!pending || answer.id !== pending.id) throw new Error('an answer to no request')
        this.pending = null
        this.socket.unref()
        if (pending.see) pending.see(answer)
        if (answer.error === undefined) pending.resolve(handle)
        else pending.reject(errorOf(answer))
      }
    } catch (error) {
      this.fail(error)
    }
  }

  fail(error) {
    this.error ??= error
    this.socket.destroy()
  }

  lost() {
    return new HotswapError(`the connection to hotswap has ended${this.error ? ': ' + this.error.message : ''}`, 'unavailable')
  }

  end() {
    for (const handle of this.passer.received.splice(0)) handle.close()
    if (this.pending) this.pending.reject(this.lost())
    this.pending = null
  }
}

module.exports = { keep, kept, drop }
