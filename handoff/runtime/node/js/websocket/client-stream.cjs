'use strict'
// The client's side of a WebSocket that may be handed over to another process: what
// it asked first, and where its messages end in what it sends since. The bytes are
// seen on their way from the wire to the program's stream; another listener would
// change how they flow.

const { Frames, FRAME } = require('./frames.cjs')
const replay = require('./replay.cjs')
const { deafen, hear, hide } = require('./websocket.cjs')

const ANSWER = 100 // ms that the program has to answer a message
const MAX_REPLAY = 64 * 1024

const clock = performance.now.bind(performance)

/** The rules of --websocket, of which the first that matches counts. */
const rules = read(process.env.HOTSWAP_NODE_WEBSOCKET)

function read(text) {
  const list = text ? JSON.parse(text) : []
  return list.map((r) => ({ path: new RegExp(r.path, 's'), keep: r.keep === true, replay: r.replay || 0 }))
}

/** Whether some WebSocket may be handed over. */
const keeps = () => rules.some((r) => r.keep)

/** Begins to follow an upgraded socket, if it is to be kept; head is what came
 * behind the request. */
function follow(req, socket, head, adopted) {
  if (rules.length === 0) return null
  const path = String(req.url).replace(/[?#].*$/s, '')
  const rule = rules.find((r) => r.path.test(path))
  const kept = rule && rule.keep ? new Kept(req, socket, head, rule.replay, adopted) : null
  const replaying = replay.begin(socket, kept)
  if (kept) kept.replaying = replaying
  return kept
}

class Kept {
  constructor(req, socket, head, replay, adopted) {
    this.socket = socket
    this.req = { method: req.method, url: req.url, version: req.httpVersion, headers: req.rawHeaders }
    this.adopted = adopted // undefined, or { state } that came with it
    this.onHandoff = null // the program's
    this.frames = new Frames(FRAME)
    this.out = null // the frames of the program
    this.replay = replay // the number of first messages that are repeated
    this.replaying = null // they are, in this process
    this.first = [] // these, as far as they have come
    this.firstSize = 0
    this.last = -Infinity // when a message ended
    this.recent = 0 // how many have since then or shortly before: a library may give them out one by one
    this.base = 0 // messages that the program had sent before the first one came
    this.speaks = false // it also sends what answers nothing
    this.stopping = null // what to call when a message has ended
    this.halted = false // nothing is read from the wire
    this.unread = [] // what was, and the program has not seen
    this.ended = false // the client has
    this.why = this.unfit()
    if (this.why) return
    this.push = socket.push
    if (head && head.length > 0) this.see(head)
    const self = this
    hide(socket, 'push', function push(chunk) {
      if (chunk === null) self.ended = true
      else if (self.halted) return self.unread.push(chunk) < 0 // false: no more
      else if (self.stopping) return self.finish(this, chunk)
      else self.see(chunk)
      return self.push.apply(this, arguments)
    })
  }

  /** Why it cannot be handed over; '': it can. */
  unfit() {
    const handle = this.socket._handle
    if (this.socket.encrypted) return 'TLS ends in the process'
    if (!handle || handle.constructor.name !== 'TCP' || typeof handle.readStop !== 'function') return 'it is no TCP socket'
    if (/[?&]EIO=/.test(this.req.url)) return 'socket.io keeps its session in the process'
    return ''
  }

  /** Why it is not handed over as it is now; '': it can be. */
  get stays() {
    const extensions = this.out ? headerOf(this.out.answered, 'sec-websocket-extensions') : ''
    return this.why || (extensions && `${extensions.replace(/[;,].*$/, '')} keeps its state in the process`)
  }

  /** Follows a part of what the client sends, all of it or what once says. */
  see(chunk, once) {
    const before = this.frames.messages
    const n = this.frames.push(chunk, once)
    if (before < this.replay) this.remember(chunk.subarray(0, n), before)
    const came = this.frames.messages - before
    if (came === 0) return n
    const now = clock()
    if (before === 0) this.base = this.out ? this.out.messages : 0
    if (now - this.last > ANSWER) this.recent = 0
    this.last = now
    this.recent += came
    return n
  }

  /** Keeps the client's first messages, until they are complete. */
  remember(chunk, before) {
    this.first.push(Buffer.from(chunk)) // the library takes off the mask in place
    this.firstSize += chunk.length
    if (this.frames.messages >= this.replay) this.cut()
    if (this.firstSize <= MAX_REPLAY) return
    this.why = 'its first messages are long'
    this.replay = 0
    this.first = []
  }

  /** Leaves of what was kept no more than the messages that are repeated. */
  cut() {
    const all = Buffer.concat(this.first, this.firstSize)
    const frames = new Frames(FRAME)
    let at = 0
    while (frames.messages < this.replay) at += frames.push(all.subarray(at), true)
    this.first = [Buffer.from(all.subarray(0, at))]
    this.firstSize = at
  }

  /** The program has written something. */
  wrote() {
    if (this.replaying) this.replaying.wrote()
    if (this.frames.messages > 0 && this.out.messages - this.frames.messages > this.base) this.speaks = true
  }

  /** How long to wait for an answer of the program, in ms. A program that answers each
   * message by one has answered when the numbers say so; of others one cannot tell. */
  owes(now) {
    if (!this.speaks && this.out.messages - this.frames.messages === this.base) return 0
    return Math.max(0, this.last + ANSWER - now)
  }

  /** Stops reading where a message ends, and then calls. */
  stop(then) {
    if (this.replaying) this.stopping = then
    else if (this.frames.rest) {
      this.halt()
      then()
    } else this.stopping = then
  }

  /** Gives the program the rest of its message and nothing behind it. */
  finish(stream, chunk) {
    const n = this.see(chunk, true)
    const rest = chunk.subarray(n)
    if (this.frames.rest) this.halt()
    if (rest.length > 0) this.unread.push(rest)
    const more = this.push.call(stream, chunk.subarray(0, n))
    if (!this.halted) return more
    const then = this.stopping
    this.stopping = null
    then()
    return false
  }

  /** Gives the program a part of what came with the socket. */
  give(part) {
    this.see(part)
    this.push.call(this.socket, part)
  }

  /** All is repeated; what comes now was never read. */
  repeated(unread) {
    this.replaying = null
    if (unread.length > 0) this.unread.push(unread)
    const then = this.stopping
    if (!then) return this.go()
    this.stopping = null
    then()
  }

  /** Nothing is read from the wire. */
  halt() {
    this.halted = true
    const handle = this.socket._handle
    if (handle) deafen(handle)
  }

  /** All is as before. */
  go() {
    this.stopping = null
    if (!this.halted || this.replaying) return
    this.halted = false
    const unread = this.unread
    this.unread = []
    for (const chunk of unread) this.give(chunk)
    const handle = this.socket._handle
    if (handle && !this.socket.destroyed) hear(handle)
  }

  /** How many messages are repeated of those that came. */
  get repeats() {
    return Math.min(this.replay, this.frames.messages)
  }

  /** What another process is to read: the request for the upgrade, without extensions
   * (none was agreed upon), what is repeated, and what nobody has seen. */
  get load() {
    const r = this.req
    let head = `${r.method} ${r.url} HTTP/${r.version}\r\n`
    for (let i = 0; i + 1 < r.headers.length; i += 2) {
      if (!/^sec-websocket-extensions$/i.test(r.headers[i])) head += `${r.headers[i]}: ${r.headers[i + 1]}\r\n`
    }
    return Buffer.concat([Buffer.from(head + '\r\n', 'latin1'), ...this.first, ...this.unread])
  }
}

/** A header of an answer's head. */
function headerOf(head, name) {
  const match = new RegExp('^' + name + ':[ \\t]*(.*?)[ \\t]*\\r?$', 'im').exec(head)
  return match ? match[1] : ''
}

module.exports = { follow, headerOf, keeps }
