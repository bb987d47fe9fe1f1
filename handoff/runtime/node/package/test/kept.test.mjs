// Sockets that are kept, in the memory of the process and without the adapter. With hotswap:
// internal/e2e/kept_test.go.
import assert from 'node:assert/strict'
import { channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import { Fake, fresh } from './fake.mjs'

async function connection(t) {
  const server = net.createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = net.connect(server.address().port, '127.0.0.1')
  const [[peer]] = await Promise.all([once(server, 'connection'), once(socket, 'connect')])
  for (const s of [socket, peer]) s.on('error', () => {})
  t.after(() => {
    socket.destroy()
    peer.destroy()
    server.close()
  })
  return { socket, peer }
}

test('without hotswap the process remembers the socket', async (t) => {
  const { keep, kept, drop } = fresh()
  const { socket } = await connection(t)
  assert.equal(await kept('a'), undefined)
  await keep('a', socket)
  assert.equal(await kept('a'), socket)
  assert.equal(await drop('a'), true)
  assert.equal(await drop('a'), false)
  await keep('a', socket)
  socket.destroy()
  assert.equal(await kept('a'), undefined)
})

test('without hotswap the process remembers 64 sockets', async (t) => {
  const { keep, kept, drop } = fresh()
  const { socket } = await connection(t)
  for (let i = 0; i < 64; i++) await keep('s' + i, socket)
  await keep('s0', socket)
  await assert.rejects(keep('s64', socket), { code: 'full', message: '64 sockets are kept: drop some' })
  await drop('s0')
  await keep('s64', socket)
  socket.destroy() // one that is closed takes no place
  const other = (await connection(t)).socket
  await keep('s65', other)
  assert.equal(await kept('s65'), other)
  await drop('s65')
})

test('what cannot be kept is refused', async (t) => {
  const { keep, kept, drop } = fresh()
  const { socket, peer } = await connection(t)
  for (const name of ['', 'a:b', 'a\nb', 'é', 'a'.repeat(256), 7]) {
    for (const f of [() => keep(name, socket), () => kept(name), () => drop(name)]) await assert.rejects(f, /name of a descriptor/)
  }
  await assert.rejects(keep('a', {}), /Object cannot be kept: only a net.Socket/)
  await assert.rejects(keep('a', undefined), /undefined cannot be kept/)
  await assert.rejects(keep('a', new net.Socket().destroy()), /the socket is closed/)
  await assert.rejects(keep('a', Object.assign(new net.Socket(), { encrypted: true })), /keys/)
  peer.write('half a mess')
  while (socket.readableLength === 0) {
    socket.read(0)
    await new Promise((done) => setImmediate(done))
  }
  await assert.rejects(keep('a', socket), /11 bytes/)
})

test('without the adapter, and in a Node that cannot pass sockets, keep says so', async (t) => {
  const fake = await Fake.listen(t)
  const { socket } = await connection(t)
  const told = { code: 'unavailable' }
  await assert.rejects(fake.hotswap.keep('a', socket), { ...told, message: /adapter is not in this process/ })
  await assert.rejects(fake.hotswap.kept('a'), told)
  let handle
  const passing = channel('hotswap.passing')
  const answer = (message) => (message.internals = { passing: () => null, handleOf: () => handle })
  passing.subscribe(answer)
  t.after(() => passing.unsubscribe(answer))
  await assert.rejects(fake.hotswap.keep('a', socket), /Socket cannot be kept: only a connection/)
  handle = {}
  await assert.rejects(fake.hotswap.keep('a', socket), { ...told, message: /this version of Node cannot pass/ })
})
