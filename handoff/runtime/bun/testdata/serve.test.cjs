'use strict'
// A drain's decisions, with a Bun, a clock and a hotswap of the test's own.
const assert = require('node:assert')

const setImmediateOfNode = setImmediate
let now = 0
let timers = [] // { at, f }
globalThis.performance.now = () => now
globalThis.setTimeout = (f, ms, ...args) => {
  const timer = { at: now + ms, f: () => f(...args), unref: () => timer }
  timers.push(timer)
  return timer
}
globalThis.clearTimeout = (timer) => void (timers = timers.filter((t) => t !== timer))
globalThis.setImmediate = (f, ...args) => void setTimeout(f, 0, ...args)

/** Lets so many ms pass. */
function pass(ms) {
  const end = now + ms
  for (;;) {
    const next = timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0]
    if (!next) break
    timers = timers.filter((t) => t !== next)
    now = Math.max(now, next.at)
    next.f()
  }
  now = end
}

// Bun's own modules, and its way to read all that has arrived.
const Module = require('node:module')
const load = Module._load
Module._load = function (name, ...more) {
  return name === 'bun:jsc' ? { estimateShallowMemoryUsageOf: () => 0 } : load.call(this, name, ...more)
}
ReadableStreamDefaultReader.prototype.readMany = async function readMany() {
  const { value, done } = await this.read()
  return { value: done ? [] : [value], done }
}

let options = null // as Bun gets them
const server = { port: 4000, pendingRequests: 0, pendingWebSockets: 0, reload: (o) => ((options = o), server), parted: 0, closeIdleConnections: () => ++server.parted && 0 }
let hotswap = null // the handlers of the connection to it
const told = []
const wire = { unref() {}, write: (bytes) => (told.push(...bytes.toString().trim().split('\n').map((line) => JSON.parse(line))), bytes.length) }
globalThis.Bun = {
  version: '1.4.4',
  peek: (value) => value,
  serve: (o) => ((options = o), server),
  connect: async ({ socket }) => ((hotswap = socket), socket.open(wire)),
}
const order = (message) => hotswap.data(wire, Buffer.from(JSON.stringify(message) + '\n'))
const busy = () => told.filter((m) => m.type === 'state').at(-1).busy
const ask = () => options.fetch.call(server, {}, server)
const ws = (unread) => {
  const w = { readyState: 1, unread, closes: [], getBufferedAmount: () => w.unread }
  w.close = (...why) => ((w.readyState = 3), w.closes.push(why), options.websocket.close(w))
  options.websocket.open(w)
  return w
}
const DRAIN = { type: 'drain', idleMs: 1000, websocket: { code: 1012, reason: 'service restart' } }

require('../site/serve.cjs').cover('/socket')
Bun.serve({ fetch: () => new Response('x'), websocket: {} })
assert.deepStrictEqual(told.map((m) => m.type), ['hello', 'listening'])

// Nobody has asked for long: only a client that has just connected may be about to.
order(DRAIN)
pass(99)
assert.deepStrictEqual([busy(), server.parted], [1, 0])
pass(60)
assert.deepStrictEqual([busy(), server.parted], [0, 1])
order({ type: 'resume' })

// Somebody has: a second since the drain began. Who asks in it is told that the connection ends.
assert.equal(ask().headers.get('connection'), null)
pass(900)
order(DRAIN)
for (let i = 0; i < 9; i++) {
  pass(100)
  assert.equal(ask().headers.get('connection'), 'close')
  server.pendingRequests = i % 2
}
server.pendingRequests = 0
pass(20)
assert.deepStrictEqual([busy(), server.parted], [1, 1])
pass(200)
assert.deepStrictEqual([busy(), server.parted], [0, 2])
ask()
pass(100)
assert.deepStrictEqual([busy(), server.parted], [0, 2])
server.reload({ fetch: () => void ws(0), websocket: {} })
ask() // Bun opens a WebSocket before it returns
pass(100)
assert.deepStrictEqual([busy(), server.parted], [0, 2])
order({ type: 'resume' })

// Who is not told is waited for: whose handler has no Response, or throws; and all clients of a
// server that may answer without the adapter.
const answers = () => new Response('x')
const fails500 = () => { throw new Error('x') }
for (const unlike of [{ fetch: () => undefined }, { fetch: fails500 }, { fetch: answers, http2: true }, { routes: { '/*': answers } }]) {
  Bun.serve(unlike)
  const asks = () => {
    try {
      unlike.routes ? options.routes['/*']() : ask()
    } catch (e) {
      assert.equal(e.message, 'x')
    }
  }
  const parted = server.parted
  asks()
  order(DRAIN)
  pass(800)
  asks()
  pass(900)
  assert.deepStrictEqual([busy(), server.parted], [1, parted])
  pass(200)
  assert.deepStrictEqual([busy(), server.parted], [0, parted + 1])
  order({ type: 'resume' })
}
Bun.serve({ fetch: answers, websocket: {} })

// While requests are answered that began before the drain, it may be their clients who ask.
pass(5000)
server.pendingRequests = 2
ask()
order(DRAIN)
pass(800)
server.pendingRequests = 1
pass(800)
ask() // and the other has ended
pass(800)
assert.equal(busy(), 2)
server.pendingRequests = 0
for (let i = 0; i < 9; i++) {
  pass(100)
  ask() // these are told
}
assert.equal(busy(), 1)
pass(200)
assert.equal(busy(), 0)
order({ type: 'resume' })

// So it is with one of the drain that is not told, and takes long.
ask()
order(DRAIN)
server.reload({ fetch: () => undefined })
pass(500)
server.pendingRequests = 1
ask()
pass(900)
server.pendingRequests = 0
pass(900)
assert.equal(busy(), 1)
pass(200)
assert.equal(busy(), 0)
order({ type: 'resume' })
Bun.serve({ fetch: answers, websocket: {} })

// A request that is read right before connections would end has taken time, in which another
// may have arrived.
ask()
order(DRAIN)
pass(995)
const unparted = server.parted
setTimeout(ask, 5) // behind the look of that time
pass(10)
assert.equal(server.parted, unparted)
pass(50)
assert.equal(server.parted, unparted + 1)
order({ type: 'resume' })

// A request that takes long is waited for, and then what its client asks next.
pass(5000)
server.pendingRequests = 1
ask()
pass(5000)
order(DRAIN)
pass(5000)
assert.equal(busy(), 1)
server.pendingRequests = 0
pass(900)
assert.equal(busy(), 1)
pass(200)
assert.equal(busy(), 0)
order({ type: 'resume' })

// One that has taken long and ended right before the drain is as good as new.
for (const before of [10, 990]) {
  pass(5000)
  server.pendingRequests = 1
  ask()
  pass(5000 - before)
  server.pendingRequests = 0
  pass(before + 10)
  order(DRAIN)
  pass(900)
  assert.equal(busy(), 1)
  pass(200)
  assert.equal(busy(), 0)
  order({ type: 'resume' })
}

// A WebSocket is closed when its client has read everything, or has had time to.
pass(5000)
const [reads, slow, never] = [ws(0), ws(9), ws(9)]
order(DRAIN)
pass(1000)
assert.deepStrictEqual([reads.closes, slow.closes, busy()], [[[1012, 'service restart']], [], 2])
slow.unread = 0
pass(100)
assert.deepStrictEqual([slow.closes.length, never.closes.length, busy()], [1, 0, 1])
pass(1000)
assert.deepStrictEqual([never.closes.length, busy()], [1, 0])

// A drain that may be taken back leaves WebSockets and idle connections alone.
order({ type: 'resume' })
const stays = ws(0)
const parted = server.parted
order({ type: 'drain' })
pass(5000)
assert.deepStrictEqual([stays.closes, busy(), server.parted], [[], 0, parted])

// At ports where others serve, too, or where the adapter can end nothing, hotswap watches.
order({ type: 'resume' })
const named = () => told.filter((m) => m.type === 'listening').map((m) => m.port)
for (const [port, more] of [[4001, { reusePort: true }], [4002, { http2: true }], [4003, {}]]) {
  server.port = port
  Bun.serve({ fetch: () => new Response('x'), ...more })
}
assert.deepStrictEqual(named(), [4000, 4003])

// What Bun answers by itself is not seen, but in a drain.
const page = { index: './index.html' }
const fixed = new Response('x')
Bun.serve({ routes: { '/': fixed, '/m': { GET: fixed } } })
pass(5000)
order(DRAIN)
pass(900)
assert.equal(server.parted, parted)
const says = options.routes['/']()
assert.deepStrictEqual([says.headers.get('connection'), fixed.headers.get('connection')], ['close', null])
pass(900)
assert.equal(server.parted, parted)
options.routes['/m'].GET()
server.reload({ routes: { '/new': fixed } })
assert.equal(typeof options.routes['/new'], 'function')
order({ type: 'resume' })
assert.equal(options.routes['/new'], fixed)
server.reload({ routes: { '/': fixed, '/page': page } })
order(DRAIN)
assert.equal(options.routes['/'], fixed) // a reload might begin the page anew
order({ type: 'resume' })

// A program that throws is asked as well, and its own answer to that says that the connection ends.
const throws = () => { throw new Error('x') }
Bun.serve({ fetch: throws, error: () => new Response('failed', { status: 500 }) })
const fails = () => {
  assert.throws(ask)
  return options.error.call(server, new Error('x')).headers.get('connection')
}
assert.equal(fails(), null)
pass(900)
const before = server.parted
order(DRAIN)
pass(800)
assert.equal(fails(), 'close')
pass(900)
assert.equal(server.parted, before)
pass(200)
assert.equal(server.parted, before + 1)
order({ type: 'resume' })

// Options of a class that has private fields.
class Options {
  #port = 4004
  get port() { return this.#port }
  fetch() { return new Response('x') }
}
Bun.serve(new Options())
assert.deepStrictEqual([options.port, options instanceof Options], [4004, true])
Bun.serve(Object.assign(new Options(), { routes: { '/': fixed } }))
order(DRAIN)
assert.deepStrictEqual([options.port, typeof options.routes['/']], [4004, 'function'])
order({ type: 'resume' })

// ---- event streams

const headers = { 'Content-Type': 'text/event-stream' }
const EVENTSOURCE = { Accept: 'text/event-stream', 'Cache-Control': 'no-cache' }
const arrive = () => new Promise((resolve) => setImmediateOfNode(resolve)) // what has been sent

/** An event stream that a client reads. */
async function stream(asked = EVENTSOURCE, more = {}) {
  const s = { got: '', over: false, left: 0, cut: new AbortController() }
  const body = new ReadableStream({ start: (c) => (s.controller = c), cancel: () => s.left++ })
  Bun.serve({ fetch: () => (s.made = new Response(body, { status: 201, headers: { ...headers, ...more } })) })
  const request = new Request('http://x/', { headers: asked, signal: s.cut.signal })
  request.signal.addEventListener('abort', () => s.left++)
  s.response = options.fetch(request, server)
  s.done = (async () => {
    for await (const chunk of s.response.body) s.got += chunk
    s.over = true
  })()
  s.send = (text) => (s.controller.enqueue(text), arrive())
  await arrive()
  return s
}

async function streams() {
  const over = (...all) => arrive().then(() => all.map((s) => s.over))

  // Nothing else is touched.
  for (const other of [await stream({ Accept: 'text/event-stream' }), await stream(EVENTSOURCE, { 'Content-Encoding': 'gzip' }), await stream(EVENTSOURCE, { 'Content-Type': 'text/plain' })]) {
    assert.equal(other.response, other.made)
  }

  // A drain that may be taken back ends none. Another one ends each between two events.
  const [first, half] = [await stream(), await stream()]
  assert.deepStrictEqual([first.response.status, first.response.headers.get('content-type')], [201, 'text/event-stream'])
  await first.send('data: 1\n\n')
  await half.send('data: 1\n\ndata: ')
  order({ type: 'drain' })
  pass(5000)
  assert.deepStrictEqual(await over(first, half), [false, false])
  order({ type: 'resume' })
  order(DRAIN)
  pass(100)
  assert.deepStrictEqual(await over(first, half), [true, false])
  assert.deepStrictEqual([first.got, first.left], ['data: 1\n\n', 2]) // the signal and cancel
  await half.send(new TextEncoder().encode('2\r\n'))
  pass(100)
  assert.deepStrictEqual(await over(half), [false])
  await half.send('\r\n')
  pass(100)
  assert.deepStrictEqual(await over(half), [true])
  assert.equal(half.got.startsWith('data: 1\n\ndata: '), true)
}

process.exitCode = 1 // until the end
streams().then(() => (process.exitCode = 0))
