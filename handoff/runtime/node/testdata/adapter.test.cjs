'use strict'
// node testdata/adapter.test.cjs FOLDER: the adapter in this very process, with a
// hotswap played by this file. FOLDER has adapter.cjs, and is private; the test
// ends when all of it has.
const assert = require('assert')
const crypto = require('crypto')
const fs = require('fs')
const http = require('http')
const http2 = require('http2')
const net = require('net')
const { fork } = require('child_process')
const path = require('path')
const timers = require('timers')

require('v8').setFlagsFromString('--expose-gc')
const gc = require('vm').runInNewContext('gc')
const folder = fs.realpathSync(process.argv[2] || __dirname)
const socketPath = path.join(process.argv[3] || '', path.basename(folder))

// ---- hotswap

const states = []
const said = []
const waiting = new Set()
let seq = 0
let adapter = null
const hotswap = net.createServer((c) => {
  adapter = c
  let rest = ''
  c.on('data', (d) => {
    const lines = (rest + d).split('\n')
    rest = lines.pop()
    for (const m of lines.map((l) => JSON.parse(l))) {
      said.push(m)
      if (m.type === 'state') states.push(m)
      for (const f of [...waiting]) f(m)
    }
  })
})
const write = (m) => adapter.write(JSON.stringify(m) + '\n')
const until = (want) =>
  new Promise((done) => {
    const f = (m) => want(m) && (waiting.delete(f), done(m))
    waiting.add(f)
  })
async function look() {
  const n = ++seq
  const state = until((m) => m.type === 'state' && m.seq === n)
  write({ type: 'look', seq: n })
  return state
}
const drain = async (websocket) => (write({ type: 'drain', websocket }), look())
const hold = async () => (write({ type: 'drain' }), look())
const resume = async () => (write({ type: 'resume' }), look())

// ---- the adapter's timers

const pending = new Set() // those that look at connections
const { setTimeout: set, clearTimeout: clear } = timers
timers.setTimeout = (f, ms, ...args) => {
  const timer = set(() => (pending.delete(timer), f(...args)), ms)
  if (args.some((arg) => arg && arg.name === 'look')) pending.add(timer)
  return timer
}
timers.clearTimeout = (timer) => (pending.delete(timer), clear(timer))

// ---- clients

const listen = (s) => new Promise((done) => s.listen(0, '127.0.0.1', () => done(s.address().port)))

/** A connection that remembers what it got. */
function dial(port) {
  const c = net.connect(port, '127.0.0.1')
  const me = { c, text: '', ended: false, error: null }
  c.setEncoding('latin1')
  c.on('data', (d) => (me.text += d))
  c.on('error', (e) => (me.error = e))
  me.end = new Promise((done) => c.on('close', done))
  c.on('close', () => (me.ended = true))
  me.has = async (want) => {
    while (!want(me.text)) {
      if (me.ended) throw new Error('ended: ' + JSON.stringify(me.text))
      await new Promise((done) => setTimeout(done, 2))
    }
  }
  return me
}
const answers = (text) => text.split('HTTP/1.1 ').length - 1
const asEventSource = 'Accept: text/event-stream\r\nCache-Control: no-cache\r\n'
const get = (path, more = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`

/** How many are not forgotten. */
async function alive(refs) {
  gc()
  await new Promise((done) => setTimeout(done, 5)) // a WeakRef keeps its target for one turn
  gc()
  return refs.filter((r) => r.deref()).length
}

// ---- the program

let seen = []
let open = null // the answer of /stream, /events and /wait
let left = null // the answer of /events whose client has left, to the program
const app = (req, res) => {
  seen.push(req.url)
  switch (req.url) {
    case '/stream':
      res.writeHead(200, { 'Content-Type': 'text/event-stream', Connection: 'keep-alive' })
      res.write('data: 1\n\n')
      open = res
      return
    case '/events': // what the test writes is all
      res.writeHead(200, { 'Content-Type': 'text/event-stream' })
      res.flushHeaders()
      res.on('close', () => (left = res))
      open = res
      return
    case '/quiet': // nothing is sent yet
      res.writeHead(200, { 'Content-Type': 'text/event-stream' })
      open = res
      return
    case '/compressed':
      res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Content-Encoding': 'identity-for-the-test' })
      res.flushHeaders()
      open = res
      return
    case '/wait':
      open = res
      return
    case '/explicit':
      res.setHeader('Connection', 'keep-alive')
      res.setHeader('Keep-Alive', 'timeout=5')
      res.setHeader('X-A', 'b')
      res.setHeader('Set-Cookie', ['c=1', 'd=2'])
      return res.end('x')
    case '/mixed':
      res.setHeader('X-A', 'b')
      res.writeHead(200, { Connection: 'keep-alive', 'Set-Cookie': ['c=1', 'd=2'] })
      return res.end('x')
    case '/pairs':
      res.writeHead(200, ['Connection', 'keep-alive', 'X-A', 'b', 'Content-Length', '1'])
      return res.end('x')
    case '/object':
      res.writeHead(200, { connection: 'Keep-Alive', 'X-A': 'b' })
      return res.end('x')
  }
  res.end('hello ' + req.url)
}

// A WebSocket server as libraries are: it answers, speaks, and ends when the client
// has answered a close frame.
const frame = (text, opcode = 1) => Buffer.concat([Buffer.from([0x80 | opcode, text.length]), Buffer.from(text)])
const masked = (b) => {
  const out = Buffer.concat([b.subarray(0, 2), Buffer.alloc(4), b.subarray(2)])
  out[1] |= 0x80
  return out
}
let speaker = null
const programSaw = []
function upgrade(req, socket) {
  if (req.url === '/refused') return socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n')
  const accept = crypto
    .createHash('sha1')
    .update(req.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11')
    .digest('base64')
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ' +
      accept +
      '\r\n\r\n',
  )
  speaker = socket
  socket.on('data', (d) => {
    programSaw.push(d)
    if ((d[0] & 15) === 8) {
      socket.write(frame('\x03\xf4', 8)) // a library answers the answer
      socket.end()
    }
  })
}
const handshake = (p = '/ws') =>
  get(
    p,
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n',
  )

/** HTTP/2 gets GOAWAY, but not while new clients come, and its stream ends. */
async function multiplexed() {
  let first, stream
  const server = http2.createServer()
  server.on('stream', (s) => {
    first = first || s
    stream = s
    s.respond({ ':status': 200 })
    s.write('a')
  })
  const port = await listen(server)
  const client = http2.connect('http://127.0.0.1:' + port)
  const r = client.request({ ':path': '/' })
  let body = ''
  r.setEncoding('utf8')
  r.on('data', (d) => (body += d))
  await new Promise((done) => r.once('data', done))
  const goaway = new Promise((done) => client.once('goaway', (code) => done(code)))
  write({ type: 'drain', serves: true })
  await look()
  await new Promise((done) =>
    client.request({ ':path': '/' }).once('data', done).once('error', done).on('close', done).end(),
  )
  assert.strictEqual(client.closed, false)
  stream.end()
  const state = await drain()
  assert.deepStrictEqual([state.connections, state.busy], [1, 1])
  assert.strictEqual(await goaway, 0)
  first.end('b')
  await new Promise((done) => client.once('close', done))
  assert.strictEqual(body, 'ab')
  server.close()
  assert.strictEqual((await look()).busy, 0)
}

// ---- the tests

let tests = {
  async 'nothing is changed before a drain'(port) {
    const c = dial(port)
    c.c.write(get('/a') + get('/b'))
    await c.has((t) => answers(t) === 2)
    assert.ok(!/connection: close/i.test(c.text), c.text)
    assert.strictEqual(said[0].type, 'hello')
    assert.strictEqual(said[0].pid, process.pid)
    assert.ok(said.some((m) => m.type === 'listening' && m.port === port))
    c.c.destroy()
  },
  async 'whatever the program says of the connection'(port) {
    await drain()
    for (const p of ['/explicit', '/mixed', '/pairs', '/object']) {
      const c = dial(port)
      c.c.write(get(p))
      await c.end
      assert.strictEqual((c.text.match(/^connection:.*/gim) || []).join(), 'Connection: close', p + c.text)
      assert.ok(!/^keep-alive:/im.test(c.text), c.text)
      assert.match(c.text, /^X-A: b\r$/m)
      if (!/pairs|object/.test(p)) assert.match(c.text, /^Set-Cookie: c=1\r\nSet-Cookie: d=2\r$/m)
    }
  },
  async 'a body that nobody reads does not cost the answer: the next one says close'(port) {
    await drain()
    const c = dial(port)
    const size = 3 << 20
    c.c.write('POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: ' + size + '\r\n\r\n')
    await c.has((t) => /hello \/body/.test(t))
    c.c.write(Buffer.alloc(size))
    c.c.write(get('/b'))
    await c.end
    assert.strictEqual(c.error, null)
    assert.match(c.text, /hello \/body[^]*connection: close[^]*hello \/b$/i)
    assert.strictEqual(c.text.match(/connection: close/gi).length, 1)
  },
  async 'half a request is waited for, a first request for a second, and an idle connection not'(port) {
    const idle = dial(port)
    const half = dial(port)
    idle.c.write(get('/a'))
    await idle.has((t) => answers(t) === 1)
    half.c.write('GET /half HTTP/1.1\r\nHo')
    await new Promise((done) => setTimeout(done, 50))
    const unused = dial(port)
    await new Promise((done) => unused.c.on('connect', done))
    while ((await drain()).connections < 3);
    assert.strictEqual((await look()).busy, 2)
    await new Promise((done) => setTimeout(done, 1100))
    assert.strictEqual((await look()).busy, 1)
    half.c.write('st: a\r\n\r\n')
    await half.end
    assert.match(half.text, /connection: close[^]*hello \/half/i)
    assert.ok(!idle.ended && !unused.ended)
    idle.c.destroy()
    unused.c.destroy()
  },
  async 'a stream goes on to its end'(port) {
    const c = dial(port)
    c.c.write(get('/stream'))
    await c.has((t) => /data: 1/.test(t))
    assert.strictEqual((await drain()).busy, 1)
    await new Promise((done) => setTimeout(done, 1200))
    assert.strictEqual((await look()).busy, 1)
    open.end('data: 2\n\n')
    await c.has((t) => /data: 2/.test(t))
    assert.strictEqual((await look()).busy, 0) // its head said keep-alive
    c.c.write(get('/a'))
    await c.end
    assert.match(c.text, /connection: close[^]*hello \/a$/i)
  },
  async 'a stream of EventSource ends between two events, and the program sees its client leave'(port) {
    const told = { code: 1012, reason: 'r' }
    for (const [writes, version] of [
      [['data: 1\n\n'], '1.1'],
      [['data: 1\r\n', Buffer.from('\r\n')], '1.1'],
      [[], '1.1'],
      [['data: 1\n', '\n'], '1.0'],
    ]) {
      const c = dial(port)
      c.c.write(get('/events', asEventSource).replace('HTTP/1.1', 'HTTP/' + version))
      await c.has((t) => /\r\n\r\n/.test(t))
      for (const w of writes) open.write(w)
      await c.has((t) => t.includes(writes.map(String).join('')) || t.includes('data: 1'))
      const held = await hold() // the generation may serve again: the stream goes on
      assert.deepStrictEqual([held.busy, held.streams], [1, 1])
      const state = await drain(told)
      assert.strictEqual(state.streams, 0)
      await c.end
      assert.strictEqual(c.error, null)
      if (version === '1.1') assert.match(c.text, /\r\n0\r\n\r\n$/)
      else assert.match(c.text, /data: 1\n\n$/)
      while (left !== open) await new Promise((done) => setTimeout(done, 2))
      assert.ok(!open.writableFinished)
      open.write('data: 2\n\n') // no error ends the program
      open.end('data: 3\n\n')
      await resume()
    }
  },
  async 'an event stream whose head is not sent yet'(port) {
    const c = dial(port)
    c.c.write(get('/quiet', asEventSource))
    while (seen.length === 0) await new Promise((done) => setTimeout(done, 2))
    await drain({ code: 1012, reason: 'r' })
    await c.end
    assert.match(c.text, /^HTTP\/1.1 200 OK\r\n[^]*\r\n\r\n0\r\n\r\n$/)
  },
  async 'the program has not answered EventSource yet, and then something else'(port) {
    const c = dial(port)
    c.c.write(get('/wait', asEventSource))
    while (seen.length === 0) await new Promise((done) => setTimeout(done, 2))
    assert.strictEqual((await drain({ code: 1012, reason: 'r' })).busy, 1)
    assert.strictEqual((await look()).busy, 1)
    open.statusCode = 403
    open.end('no')
    await c.end
    assert.match(c.text, /^HTTP\/1.1 403 [^]*no/)
  },
  async 'not in the midst of an event'(port) {
    const c = dial(port)
    c.c.write(get('/events', asEventSource))
    await c.has((t) => /\r\n\r\n/.test(t))
    open.write('data: 1\n\ndata: 2\n')
    const state = await drain({ code: 1012, reason: 'r' })
    assert.deepStrictEqual([state.busy, state.streams], [1, 1])
    await c.has((t) => /data: 2\n/.test(t))
    assert.strictEqual((await look()).streams, 1)
    open.write('data: 3\n\n')
    await c.end
    assert.match(c.text, /data: 3\n\n\r\n0\r\n\r\n$/)
  },
  async 'other streams go on: asked for by fetch, compressed, ended by the program'(port) {
    for (const [path, more] of [
      ['/events', 'Accept: text/event-stream\r\n'],
      ['/events', 'Accept: */*\r\nCache-Control: no-cache\r\n'],
      ['/compressed', asEventSource],
    ]) {
      const c = dial(port)
      c.c.write(get(path, more))
      await c.has((t) => /\r\n\r\n/.test(t))
      open.write('data: 1\n\n')
      await c.has((t) => /data: 1\n\n/.test(t))
      await drain({ code: 1012, reason: 'r' })
      const state = await look()
      assert.deepStrictEqual([state.busy, state.streams, c.ended], [1, 1, false])
      open.end('data: 2\n\n')
      await c.has((t) => /data: 2\n\n\r\n0\r\n\r\n$/.test(t))
      await c.end
      await resume()
    }
  },
  async 'an answer under way, whose head is not written'(port) {
    const c = dial(port)
    c.c.write(get('/wait'))
    await new Promise((done) => setTimeout(done, 50))
    assert.strictEqual((await drain()).busy, 1)
    open.end('late')
    await c.end
    assert.match(c.text, /connection: close[^]*late/i)
  },
  async 'a client that does not wait for answers is told by the first'(port) {
    const c = dial(port)
    c.c.write(get('/wait'))
    await new Promise((done) => setTimeout(done, 50))
    await drain()
    c.c.write(get('/b'))
    while (seen.length < 2) await new Promise((done) => setTimeout(done, 2))
    open.end('late')
    await c.end
    assert.match(c.text, /connection: close[^]*late$/i)
  },
  async 'back again: nothing says close'(port) {
    const c = dial(port)
    c.c.write(get('/wait'))
    await new Promise((done) => setTimeout(done, 50))
    await drain({ code: 1012, reason: 'service restart' })
    await resume()
    open.end('late')
    await c.has((t) => /late/.test(t))
    c.c.write(get('/a'))
    await c.has((t) => answers(t) === 2)
    assert.ok(!/connection: close/i.test(c.text))
    c.c.destroy()
  },
  async 'a WebSocket is told between two frames, and nothing follows'(port) {
    const c = dial(port)
    c.c.write(handshake())
    await c.has((t) => /\r\n\r\n$/.test(t))
    speaker.write(frame('one'))
    await c.has((t) => /one$/.test(t))
    const s = await drain() // held: left alone
    assert.deepStrictEqual([s.connections, s.busy], [1, 0])
    const two = frame('two')
    speaker.write(two.subarray(0, 3)) // in the midst of a frame
    const t = await drain({ code: 1012, reason: 'service restart' })
    assert.deepStrictEqual([t.connections, t.busy], [1, 1])
    assert.ok(!/\x88/.test(c.text.slice(c.text.indexOf('one'))))
    speaker.cork()
    speaker.write(two.subarray(3))
    speaker.write(frame('three'))
    speaker.uncork()
    await c.has((x) => /service restart$/.test(x))
    assert.match(c.text, /one\x81\x03two\x88\x11\x03\xf4service restart$/)
    c.c.write(masked(frame('\x03\xf4', 8)))
    await c.end
    assert.strictEqual(c.error, null)
    assert.match(c.text, /service restart$/)
    assert.strictEqual((await look()).busy, 0)
  },
  async 'a client that does not answer is left after two seconds'(port) {
    const c = dial(port)
    c.c.write(handshake())
    await c.has((t) => /\r\n\r\n$/.test(t))
    await drain({ code: 1001, reason: '' })
    const from = Date.now()
    await c.has((t) => /\x88\x02\x03\xe9$/.test(t))
    await c.end
    assert.ok(Date.now() - from > 1500)
  },
  'HTTP/2 gets GOAWAY, and its stream ends': multiplexed,
  async 'a drain without a connection does not wake the process'() {
    assert.strictEqual((await drain(null)).connections, 0)
    assert.strictEqual(pending.size, 0)
    const server = net.createServer(() => {})
    const connected = until((m) => m.type === 'state' && m.connections === 1)
    const c = dial(await listen(server))
    await connected // nobody has asked
    assert.strictEqual(pending.size, 1)
    const ended = until((m) => m.type === 'state' && m.connections === 0)
    c.c.destroy()
    await ended
    assert.strictEqual(pending.size, 0)
    server.close()
  },
  async "a plain connection is the program's own, and busy until an answer, and for a second after each byte"() {
    let own = null
    const server = net.createServer((c) =>
      (own = c).on('data', (d) => setTimeout(() => c.write(d), String(d) === 'c' ? 1200 : 0)),
    )
    const c = dial(await listen(server))
    c.c.write('a')
    await c.has((t) => t === 'a')
    assert.deepStrictEqual([(await drain()).busy, (await look()).busy], [1, 1])
    for (const [speaks, ms] of [
      [() => c.c.write('c'), 2200],
      [() => own.write('b'), 1000],
    ]) {
      const [from, rests] = [performance.now(), until((m) => m.type === 'state' && m.busy === 0)]
      speaks()
      await rests
      assert.ok(performance.now() - from >= ms, ms)
    }
    assert.ok(!c.ended)
    c.c.destroy()
    server.close()
  },
  async 'a socket that the program sends to another process is forgotten'() {
    const child = fork(__filename, [], { env: { TAKE: '1' } })
    const refs = []
    const server = net.createServer({ pauseOnConnect: true }, (s) => {
      refs.push(new WeakRef(s))
      child.send('take', s)
    })
    try {
      const port = await listen(server)
      for (let i = 0; i < 500; i++) {
        const c = dial(port)
        await c.end
        assert.strictEqual(c.text, 'taken')
      }
      assert.ok((await alive(refs)) < 300)
      assert.strictEqual((await look()).connections, 0)
    } finally {
      child.kill()
      server.close()
    }
  },
  async 'servers that have closed are forgotten'() {
    const refs = []
    for (let i = 0; i < 400; i++) {
      const server = net.createServer((c) => c.end('bye'))
      refs.push(new WeakRef(server))
      await dial(await listen(server)).end
      await new Promise((done) => server.close(done))
    }
    assert.ok((await alive(refs)) < 300)
  },
}

let server = null
async function main() {
  fs.rmSync(socketPath, { force: true })
  await new Promise((done) => hotswap.listen(socketPath, done))
  process.env.HOTSWAP_WIRE = socketPath
  const before = Object.getOwnPropertyNames(globalThis).length
  require(path.join(folder, 'adapter.cjs'))
  if (process.argv.includes('wrapped')) {
    // As tracing libraries do: theirs calls what it found before the adapter came.
    const { emit } = http.Server.prototype
    http.Server.prototype.emit = function () {
      return emit.apply(this, arguments)
    }
  }
  server = http.createServer(app)
  server.on('upgrade', upgrade)
  const port = await listen(server)
  const listeners = process.eventNames().length
  if (process.argv.includes('multiplexed')) {
    // The first connection of all: it is there before the adapter looks at servers.
    tests = { 'HTTP/2 on the first connection': multiplexed }
  }
  for (const [name, test] of Object.entries(tests)) {
    seen = []
    const late = setTimeout(() => {
      console.log('NOT OK (too long)', name)
      process.exit(1)
    }, 20000)
    try {
      await test(port)
      if (process.argv.includes('-v')) console.log('ok', name)
    } catch (e) {
      console.log('NOT OK', name, e)
      process.exitCode = 1
    }
    clearTimeout(late)
    await resume()
    while ((await look()).connections > 0) await new Promise((done) => setTimeout(done, 5))
  }
  assert.strictEqual(Object.getOwnPropertyNames(globalThis).length, before)
  assert.strictEqual(process.eventNames().length, listeners)
  // Nothing of it keeps the process: it ends by itself.
  server.close()
  hotswap.close()
  adapter.unref()
  console.log('done')
}
if (process.env.TAKE) process.on('message', (_, s) => s.end('taken'))
else main()
