'use strict'
// What answers requests: the memory of the process, or hotswap by lines of JSON on the socket that HOTSWAP_SOCKET names
// (docs/state.md). The connection keeps the process alive only while an answer is awaited. A worker thread has its own.

const { errorOf } = require('./errors.cjs')

const MAX_LINE = 8 * 1024 * 1024
const CLOSED = new Set(['ECONNRESET', 'EPIPE']) // errors that say no more than 'close'

class Connection {
  constructor(path) {
    this.path = path
    this.requests = new Map() // id → Request
    this.lastID = 0
    this.awaited = 0 // requests whose answer keeps the process alive
    this.text = '' // what leaves at the end of this turn of the event loop
    this.rest = '' // of a line that is not complete
    this.greeted = false
    this.error = null // why the connection ended
    this.socket = require('node:net').connect({ path }).setEncoding('utf8')
    this.socket.on('data', (text) => this.receive(text))
    this.socket.on('error', (error) => {
      if (!CLOSED.has(error.code)) this.error ??= error
    })
    this.socket.on('close', () => this.end())
    this.call('hello', { version: 1 }).then(
      () => (this.greeted = true),
      (error) => this.fail(error),
    )
  }

  get ended() {
    return this.error !== null || this.socket.destroyed
  }

  /** Resolves to the answer of a request that has one. If the connection ends, it is sent once more: a hotswap
   * that replaces itself has not done what it has not answered. */
  call(op, fields, encoded, once = false) {
    return new Promise((resolve, reject) => {
      const request = new Request(this, (answer) => {
        request.forget()
        if (answer.error === undefined) resolve(answer)
        else if (answer.closed && !once) resolve(backend().call(op, fields, encoded, true))
        else reject(errorOf(answer))
      })
      request.start(op, fields, true, encoded)
    })
  }

  /** Begins a request with several answers: on is called with each. */
  open(op, fields, on, awaited = true) {
    const request = new Request(this, on)
    request.start(op, fields, awaited)
    return request
  }

  send(line) {
    if (this.text === '') process.nextTick(() => this.flush())
    this.text += line
  }

  flush() {
    const text = this.text
    this.text = ''
    if (!this.ended) this.socket.write(text)
  }

  receive(text) {
    try {
      this.rest += text
      const lines = text.includes('\n') ? this.rest.split('\n') : [this.rest] // a long line is not searched at each part
      this.rest = lines.pop()
      if (this.rest.length > MAX_LINE) throw new Error(`a line of more than ${MAX_LINE} characters`)
      for (const line of lines) {
        const message = JSON.parse(line)
        this.requests.get(message.id)?.on(message)
      }
    } catch (error) {
      this.fail(new Error('hotswap wrote what is no answer: ' + error.message))
    }
  }

  fail(error) {
    this.error ??= error
    this.socket.destroy()
  }

  /** Answers all requests with the end of the connection, and says whether to ask again. */
  end() {
    const closed = this.greeted && !this.error
    this.error ??= new Error(this.greeted ? 'hotswap closed the connection' : 'hotswap did not accept this process')
    const error = `no connection to hotswap: ${this.error.message} (HOTSWAP_SOCKET is ${this.path})`
    for (const request of [...this.requests.values()])
      request.on({ error, code: 'unavailable', again: this.greeted, closed })
    this.requests.clear()
  }

  /** Counts the requests whose answer keeps the process alive. */
  count(by) {
    const before = this.awaited > 0
    this.awaited += by
    if (this.awaited > 0 === before) return // ref() of a socket that has ended adds a listener each time
    if (before) this.socket.unref()
    else this.socket.ref()
  }
}

/** A request that is open. on is called with each message of its id. */
class Request {
  constructor(connection, on) {
    this.connection = connection
    this.on = on
    this.id = ++connection.lastID
    this.waits = false
  }

  start(op, fields, awaited, encoded) {
    this.connection.requests.set(this.id, this)
    this.send(op, fields, encoded)
    this.awaited(awaited)
  }

  /** Writes a line with the request's id. encoded is a value of lib/values.cjs. */
  send(op, fields, encoded) {
    if (!this.connection.requests.has(this.id)) return
    let line = JSON.stringify({ id: this.id, op, ...fields, bytes: encoded?.bytes })
    if (encoded?.json !== undefined) line = `${line.slice(0, -1)},"value":${encoded.json}}`
    this.connection.send(line + '\n')
  }

  /** Sets whether the process has to live for the next answer. */
  awaited(is) {
    if (is === this.waits || !this.connection.requests.has(this.id)) return
    this.waits = is
    this.connection.count(is ? 1 : -1)
  }

  /** Forgets a request that is over. */
  forget() {
    this.awaited(false)
    this.connection.requests.delete(this.id)
  }

  /** Ends a request that is not over. */
  cancel() {
    this.send('cancel')
    this.forget()
  }
}

let memory, connection

/** Reports whether hotswap runs this process. */
const below = () => !!process.env.HOTSWAP_SOCKET

/** Returns what has call(op, fields, encoded) and open(op, fields, on). A connection that
 * has ended is replaced, so that the next call says why there is none. */
function backend() {
  if (!below()) return (memory ??= new (require('./memory.cjs').Memory)())
  if (!connection || connection.ended) connection = new Connection(process.env.HOTSWAP_SOCKET)
  return connection
}

module.exports = { below, backend, connected: () => connection }
