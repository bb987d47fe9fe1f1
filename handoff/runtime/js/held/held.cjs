'use strict'
// A server of TCP gets its listening socket from hotswap (handoff/held has what the messages mean), and accepts when its
// generation's turn has come. Its handle is a stand-in of the shape that Node's own cluster gives its workers: the real
// one closes when the turn ends, because libuv cannot stop accepting otherwise, and comes back with the next turn.

const net = require('net')
const os = require('os')
const { setImmediate } = require('timers') // the program may replace the global
const util = require('util')
const { nextTick } = process
const { CONNECTIONS, works } = require('../internals.cjs')
const { hide, safely } = require('../common.cjs')

const V6ONLY = 1 // UV_TCP_IPV6ONLY
const REUSEPORT = 2 // UV_TCP_REUSEPORT
const QUEUE = 4096 // the queue is that of all generations

const stands = new Set()
let path = ''
let opened = () => {} // is called with each server that listens
let send = null
let asks = 0

class Stand {
  constructor(address, port, addressType, answered) {
    this.answered = answered // is called with the answer to the bind
    this.at = '' // as hotswap calls the address; '': it has not answered
    this.id = ++asks // of the bind
    this.real = null // the socket; null: none is here
    this.accepting = false
    this.closed = false
    this.unreferenced = false
    this.name = { address: address || '::', family: addressType === 6 || !address ? 'IPv6' : 'IPv4', port }
    stands.add(this)
  }

  listen() {
    send({ type: 'accepts', at: this.at })
    setImmediate(() => this.closed || send({ type: 'ready', at: this.at })) // the program's loop runs
    return 0
  }

  /** Accepts with the socket. Without, the process may have no more descriptors: it asks again. */
  go(handle) {
    if (handle && this.real) this.real.close()
    this.real = handle = handle || this.real
    if (!handle) return void send({ type: 'accepts', at: this.at })
    this.accepting = true
    handle.onconnection = (status, client) => this.onconnection(status, client)
    handle.listen(QUEUE)
    if (this.unreferenced) handle.unref()
    keep()
  }

  stop(turn) {
    if (this.real) this.real.close()
    this.real = null
    this.accepting = false
    keep()
    send({ type: 'stopped', at: this.at, turn })
  }

  close(done) {
    this.closed = true
    stands.delete(this)
    send(this.at ? { type: 'unbound', at: this.at } : { type: 'unbound', id: this.id })
    if (this.real) this.real.close(done)
    else if (done) setImmediate(done)
    this.real = null
    keep()
  }

  getsockname(out) {
    Object.assign(out, this.name)
    return 0
  }

  ref() {
    this.unreferenced = false
    if (this.real) this.real.ref()
    keep()
  }

  unref() {
    this.unreferenced = true
    if (this.real) this.real.unref()
    keep()
  }

  hasRef() {
    return !this.unreferenced
  }
}

/** Has the process live while a server waits for its turn, as it would with a socket of its own. */
function keep() {
  if (send) send.keepAlive([...stands].some((s) => !s.unreferenced && !s.accepting))
}

/** Answers a bind, unless its server was closed meanwhile. */
function answered(message, handle) {
  const stand = [...stands].find((s) => s.id === message.id && s.at === '')
  if (stand) stand.answered(message, handle)
  else if (handle) handle.close()
}

function connect() {
  const thread = require('../connection.cjs')
  const of = (message) => [...stands].find((s) => s.at === message.at)
  send = thread.connect(path)
  thread.on('socket', answered)
  thread.on('refused', answered)
  thread.on('go', (message, handle) => {
    if (of(message)) of(message).go(handle)
    else if (handle) handle.close()
  })
  thread.on('stop', (message) =>
    of(message) ? of(message).stop(message.turn) : send({ type: 'stopped', at: message.at, turn: message.turn }),
  )
  thread.on('end', () => [...stands].forEach(({ id }) => answered({ id }))) // hotswap has gone, and the program will
}

/** The error that Node would give for an address. */
function refusal(code, address, port) {
  const errno = -os.constants.errno[code]
  const known = util.getSystemErrorMap().get(errno)
  const at = `${address || '::'}:${port}`
  return Object.assign(new Error(`listen ${code}: ${known ? known[1] : code} ${at}`), {
    code,
    errno,
    syscall: 'listen',
    address: address || '::',
    port,
  })
}

/** Has net.Server ask for each fixed port. */
function begin(socket, listens) {
  path = socket
  opened = listens
  const original = net.Server.prototype._listen2 // which Node calls for each listen that no cluster answers
  if (typeof original !== 'function') return
  hide(net.Server.prototype, '_listen2', function setupListenHandle(address, port, addressType, backlog, fd, flags) {
    const asIs = () => original.call(this, address, port, addressType, backlog, fd, flags)
    if (this._handle || !(port > 0) || fd >= 0 || (addressType !== 4 && addressType !== 6)) return asIs()
    if (!send) connect()
    if (!works(CONNECTIONS)) return asIs()
    const stand = new Stand(address, port, addressType, (answer, handle) => {
      if (handle) {
        stand.at = answer.at
        stand.real = handle
        stand.name = { address: answer.host, family: net.isIPv6(answer.host) ? 'IPv6' : 'IPv4', port: answer.port }
        asIs()
        safely(opened, this)
        return
      }
      stands.delete(stand)
      keep()
      this._handle = null
      const code = answer.type === 'socket' ? 'EMFILE' : answer.code // the process may have no more descriptors
      if (!code) return asIs()
      if (code === 'EMFILE') send({ type: 'unbound', at: answer.at })
      nextTick(() => this.emit('error', refusal(code, address, port)))
    })
    this._handle = stand // the program may ask for the address at once
    keep()
    const request = {
      type: 'bind',
      id: stand.id,
      host: address || '',
      port,
      v6only: (flags & V6ONLY) !== 0,
      shared: (flags & REUSEPORT) !== 0,
    }
    send(request, null, () => answered({ id: stand.id })) // if hotswap has gone
  })
}

module.exports = { begin }
