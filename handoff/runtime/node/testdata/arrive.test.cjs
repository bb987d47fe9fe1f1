'use strict'
// How a kept connection arrives: what the server sees, and what it waits for.
const assert = require('assert')
const http = require('http')
const net = require('net')
const { once } = require('events')
const { Arrival } = require('../js/drain/arrive.cjs')

/** A client, and the handle of its connection, which no server has. */
async function connection() {
  const l = net.createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1')
  await once(l, 'listening')
  const client = net.connect(l.address().port, '127.0.0.1').setEncoding('utf8')
  client.text = ''
  client.on('data', (text) => (client.text += text)).on('error', () => {})
  const [socket] = await once(l, 'connection')
  l.close()
  const { _handle: handle } = socket
  socket._handle = null // the server forgets it
  return { client, handle }
}

/** Lets a server accept the connection. */
function arrive(server, handle, order = {}) {
  const said = []
  const arrival = new Arrival(Object.assign({ id: 3, untilMs: Infinity, fresh: false }, order), handle, (m) => said.push(m))
  server.prependOnceListener('connection', (socket) => arrival.meet(socket))
  arrival.begin([server])
  assert.strictEqual(said.length, 1)
  assert.deepStrictEqual([said[0].type, said[0].id], ['taken', 3])
  return said[0].error
}

async function serve(options, f) {
  const server = http.createServer(options, f).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

const get = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n'

async function until(is) {
  for (const end = Date.now() + 20000; !is(); ) {
    assert.ok(Date.now() < end, 'too long')
    await new Promise((done) => setTimeout(done, 2))
  }
}

const tests = {
  async 'the next request is the first that the program sees'() {
    const seen = []
    const server = await serve({}, (req, res) => (seen.push(req), res.end('hello')))
    const { client, handle } = await connection()
    assert.strictEqual(arrive(server, handle), '')
    client.write(get)
    await until(() => /hello$/.test(client.text))
    client.write(get)
    await until(() => /hello[^]*hello$/.test(client.text))
    assert.deepStrictEqual(seen.map((req) => req.url), ['/a', '/a'])
    assert.strictEqual(client.destroyed, false)
    client.end()
    await until(() => handle.fd === -1 || seen[0].socket.destroyed)
    server.close()
  },
  async 'the server waits as behind an answer, and then as in a request'() {
    const sockets = []
    let answer = null
    const server = await serve({ keepAliveTimeout: 5000 }, (req, res) => (answer = res))
    server.timeout = 7000
    server.on('connection', (socket) => sockets.push(socket))
    const { client, handle } = await connection()
    arrive(server, handle)
    assert.strictEqual(sockets[0].timeout, 6000)
    client.write(get)
    await until(() => answer)
    assert.strictEqual(sockets[0].timeout, 7000)
    answer.end('x')
    await until(() => /x$/.test(client.text))
    await until(() => sockets[0].timeout < 7000) // Node's own
    client.destroy()
    server.close()
  },
  async 'a client that is silent is not answered 408'() {
    const limits = { connectionsCheckingInterval: 10, headersTimeout: 50, requestTimeout: 50 }
    const server = await serve(limits, (req, res) => res.end('hello'))
    const kept = await connection(), fresh = await connection()
    arrive(server, kept.handle)
    arrive(server, fresh.handle, { fresh: true })
    await until(() => /408/.test(fresh.client.text))
    assert.deepStrictEqual([kept.client.text, kept.client.destroyed], ['', false])
    kept.client.write(get)
    await until(() => /hello$/.test(kept.client.text))
    kept.client.destroy()
    server.close()
  },
  async 'a server that is to close ends it'() {
    const server = await serve({}, () => {})
    const { client, handle } = await connection()
    arrive(server, handle)
    server.close()
    server.closeIdleConnections()
    await once(client, 'close')
  },
  async 'who does not take it'() {
    const full = await serve({}, () => {})
    full.maxConnections = 0
    const strict = await serve({}, () => {})
    strict.on('connection', (socket) => socket.destroy())
    const late = await serve({}, () => {})
    const other = net.createServer(() => {}).listen(0, '127.0.0.1')
    await once(other, 'listening')
    // In Node before 22 maxConnections of 0 is no limit.
    full.getConnections(() => {})
    const cases = [[strict, {}, /does not accept/], [late, { untilMs: 0 }, /too late/], [other, {}, /no HTTP server/]]
    if (parseInt(process.versions.node, 10) >= 22) cases.push([full, {}, /does not accept/])
    for (const [server, order, why] of cases) {
      const { client, handle } = await connection()
      assert.match(arrive(server, handle, order), why)
      await once(client, 'close') // no other process has it
      assert.strictEqual(client.text, '')
    }
    const arrival = (servers, handle) => new Promise((done) => new Arrival({ id: 1, untilMs: Infinity }, handle, done).begin(servers))
    assert.match((await arrival([late], undefined)).error, /did not arrive/)
    const { client, handle } = await connection()
    assert.match((await arrival([], handle)).error, /no HTTP server/)
    client.destroy()
    for (const s of [full, strict, late, other]) s.close()
  },
}

async function main() {
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test()
    } catch (e) {
      console.error(`FAIL ${name}: ${e.stack}`)
      process.exitCode = 1
    }
  }
}

main()
