'use strict'
// A drain's decisions, with a Bun, a clock and a hotswap of the test's own.
const assert = require('node:assert')
const { EventEmitter } = require('node:events')

const setImmediateOfNode = setImmediate
let now = 0
let timers = [] // { at, f }
process.hrtime.bigint = () => BigInt(now * 1e6)
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

let options = null // as Bun gets them
const server = { port: 4000, pendingRequests: 0, reload: (o) => ((options = o), server) }
let hotswap = null // the connection to it
const told = []
require('node:net').Socket = class extends EventEmitter {
  connect() {
    hotswap = this
  }
  setEncoding() {}
  unref() {}
  write(line, encoding, done) {
    told.push(JSON.parse(line))
    done()
  }
}
globalThis.Bun = {
  version: '1.4.4',
  serve: (o) => ((options = o), server),
}
const order = (message) => hotswap.emit('data', JSON.stringify(message) + '\n')
const states = () => told.filter((m) => m.type === 'state')
const busy = () => states().at(-1).busy
const ws = (unread) => {
  const w = { readyState: 1, unread, closes: [], getBufferedAmount: () => w.unread }
  w.close = (...why) => ((w.readyState = 3), w.closes.push(why), options.websocket.close(w))
  options.websocket.open(w)
  return w
}
const DRAIN = { type: 'drain', websocket: { code: 1012, reason: 'service restart' } }

let listened = 0
require('../../js/bun/serve.cjs').cover('/socket', () => listened++)
Bun.serve({ fetch: () => new Response('x'), websocket: {} })
pass(40)
assert.deepStrictEqual([told, listened], [[], 0]) // the first answers come before
pass(10)
assert.deepStrictEqual(
  told.map((m) => [m.type, m.port]),
  [
    ['hello', undefined],
    ['listening', 4000],
  ],
)

// A drain is told how many requests are being answered, at each change and when hotswap asks.
server.pendingRequests = 2
pass(1000)
assert.equal(states().length, 0)
order({ type: 'drain' })
assert.equal(busy(), 2)
server.pendingRequests = 1
pass(1000)
assert.deepStrictEqual([busy(), states().length], [1, 2])
server.pendingRequests = 0
order({ type: 'look', seq: 7 })
pass(0)
assert.deepStrictEqual([busy(), states().at(-1).seq], [0, 7])
order({ type: 'resume' })

// While it drains, each answer says that its connection ends, and what rests for a second ends.
let closed = 0
server.closeIdleConnections = () => closed++
server.pendingRequests = 0
const says = () => options.fetch(new Request('http://x/')).headers.get('connection')
assert.equal(says(), null)
order({ type: 'drain', next: true })
assert.deepStrictEqual([says(), busy()], ['close', 1])
pass(900)
order({ type: 'drain', next: true })
assert.deepStrictEqual([closed, busy()], [0, 1])
pass(200)
assert.deepStrictEqual([closed, busy()], [1, 0])
order({ type: 'resume' })
order({ type: 'drain', next: true })
order({ type: 'resume' })
order({ type: 'drain' }) // nobody serves after this one
assert.equal(busy(), 0)
pass(2000)
order({ type: 'resume' })
assert.deepStrictEqual([says(), closed], [null, 1])

server.pendingRequests = 3
pass(1000)
assert.equal(busy(), 0)
server.pendingRequests = 0

// A WebSocket is closed when its client has read everything, or has had time to; also one that is
// opened in the drain.
const [reads, slow, never] = [ws(0), ws(9), ws(9)]
order(DRAIN)
const late = ws(0)
pass(1000)
assert.deepStrictEqual([reads.closes, late.closes.length, slow.closes, busy()], [[[1012, 'service restart']], 1, [], 2])
slow.unread = 0
pass(100)
assert.deepStrictEqual([slow.closes.length, never.closes.length, busy()], [1, 0, 1])
pass(1000)
assert.deepStrictEqual([never.closes.length, busy()], [1, 0])
order({ type: 'resume' })

// One of the package ws stays until its client has answered, or has had time to.
let cut = 0
const deaf = {
  readyState: 1,
  close: () => (deaf.readyState = 2),
  terminate: () => ((deaf.readyState = 3), cut++, options.websocket.close(deaf)),
}
options.websocket.open(deaf)
order(DRAIN)
pass(1900)
assert.deepStrictEqual([cut, busy()], [0, 1])
pass(200)
assert.deepStrictEqual([cut, busy()], [1, 0])
order({ type: 'resume' })

// A drain that may be taken back leaves WebSockets alone. None can move.
const stays = ws(0)
order({ type: 'drain' })
pass(5000)
assert.deepStrictEqual([stays.closes, busy()], [[], 0])
order({ type: 'drain', websocket: { ...DRAIN.websocket, keep: { withinMs: 5000 } } })
assert.deepStrictEqual([told.filter((m) => m.type === 'refused').length, stays.closes.length], [1, 1])
order({ type: 'resume' })

// Options of a class that has private fields.
class Options {
  #port = 4004
  get port() {
    return this.#port
  }
  fetch() {
    return new Response('x')
  }
}
Bun.serve(new Options())
assert.deepStrictEqual([options.port, options instanceof Options], [4004, true])

// What Bun answers by itself is left to Bun.
const page = { index: './index.html' }
const fixed = new Response('x')
Bun.serve({ routes: { '/': fixed, '/m': { GET: fixed }, '/page': page } })
assert.deepStrictEqual([options.routes['/'], options.routes['/m'].GET, options.routes['/page']], [fixed, fixed, page])

// ---- event streams

const headers = { 'Content-Type': 'text/event-stream' }
const EVENTSOURCE = { Accept: 'text/event-stream', 'Cache-Control': 'no-cache' }
const arrive = () => new Promise((resolve) => setImmediateOfNode(resolve)) // what has been sent

/** An event stream that a client reads. */
async function stream(asked = EVENTSOURCE, more = {}, how = 'fetch', protocol = {}) {
  const s = { got: '', over: false, left: 0, cut: new AbortController() }
  const body = new ReadableStream({ start: (c) => (s.controller = c), cancel: () => s.left++ })
  const fetch = () => (s.made = new Response(body, { status: 201, headers: { ...headers, ...more } }))
  if (how === 'fetch') Bun.serve({ fetch, ...protocol })
  else server.reload({ routes: { '/': how === 'route' ? fetch : { GET: fetch } }, ...protocol })
  const request = new Request('http://x/', { headers: asked, signal: s.cut.signal })
  request.signal.addEventListener('abort', () => s.left++)
  s.response = (options.fetch || options.routes['/'].GET || options.routes['/'])(request, server)
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
  for (const given of [
    [{ Accept: 'text/event-stream' }],
    [EVENTSOURCE, { 'Content-Encoding': 'gzip' }],
    [EVENTSOURCE, { 'Content-Type': 'text/plain' }],
    [EVENTSOURCE, {}, 'fetch', { http2: true }],
  ]) {
    const other = await stream(...given)
    assert.equal(other.response, other.made)
  }

  // A drain that may be taken back ends none. Another one ends each between two events.
  const [first, half] = [await stream(), await stream()]
  assert.deepStrictEqual(
    [first.response.status, ...['content-type', 'connection'].map((name) => first.response.headers.get(name))],
    [201, 'text/event-stream', 'close'],
  )
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

  // So it is with those of routes, and after a reload.
  for (const how of ['route', 'method']) {
    const one = await stream(EVENTSOURCE, {}, how)
    pass(100)
    assert.deepStrictEqual(await over(one), [true])
  }
}

// A module that was loaded anew by a query is a file of the program.
const loaded = []
Object.assign(require.cache, { [__filename + '?2']: {}, [__filename + 'gone?2']: {} })
require('../../js/bun/files.cjs').tell((message) => loaded.push(...message.files.map((file) => file.path)), { seq: 1 })
assert.deepStrictEqual(
  loaded.filter((file) => file.includes(__filename)),
  [__filename, __filename],
) // it was loaded without one, too

process.exitCode = 1 // until the end
streams().then(() => {
  assert.equal(listened, 1) // of many servers
  process.exitCode = 0
})
