// The lines between this package and hotswap.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fake, until, warnings } from './fake.mjs'

test('a request is a line, behind hello', async (t) => {
  const fake = await Fake.listen(t)
  const set = fake.hotswap.setState('a', { x: 'ä\n' }, { ttl: 1.5 })
  const { id, ...request } = await fake.next('set')
  assert.deepEqual(request, { op: 'set', key: 'a', value: { x: 'ä\n' }, ttlMs: 2 })
  assert.deepEqual(fake.hello, { id: 1, op: 'hello', version: 1 })
  fake.send({ id, version: 7, later: 'fields' })
  assert.equal(await set, undefined)
})

test('answers may come in another order', async (t) => {
  const fake = await Fake.listen(t)
  const all = ['a', 'b', 'c'].map((key) => fake.hotswap.getState(key))
  const requests = []
  while (requests.length < 3) requests.push(await fake.next('get'))
  fake.send({ id: 999, value: 'nobody asked' })
  for (const { id, key } of requests.reverse()) fake.send({ id, value: key.toUpperCase(), version: 1 })
  assert.deepEqual(await Promise.all(all), ['A', 'B', 'C'])
})

test('an answer may come in any pieces', async (t) => {
  const fake = await Fake.listen(t)
  for (const size of [1, 2, 3, 7]) {
    const all = [fake.hotswap.getState('a'), fake.hotswap.getState('b')]
    const ids = [(await fake.next('get')).id, (await fake.next('get')).id]
    const bytes = Buffer.from(ids.map((id) => JSON.stringify({ id, value: `😀ä${id}` }) + '\n').join(''))
    for (let at = 0; at < bytes.length; at += size) {
      fake.socket.write(bytes.subarray(at, at + size))
      await new Promise(setImmediate)
    }
    assert.deepEqual(
      await Promise.all(all),
      ids.map((id) => `😀ä${id}`),
    )
  }
})

test('requests of one turn leave in one piece', async (t) => {
  const fake = await Fake.listen(t)
  await Promise.all([fake.settled()])
  let pieces = 0
  fake.socket.on('data', () => pieces++)
  const all = Promise.all(Array.from({ length: 100 }, (_, i) => fake.hotswap.setState('k' + i, i)))
  for (let i = 0; i < 100; i++) fake.send({ id: (await fake.next('set')).id, version: i + 1 })
  await all
  assert(pieces <= 2, `${pieces} pieces`)
})

test('errors have the code of the answer', async (t) => {
  const fake = await Fake.listen(t)
  const set = fake.hotswap.setState('a', 1)
  fake.send({ id: (await fake.next('set')).id, error: 'no room', code: 'full' })
  await assert.rejects(set, { name: 'HotswapError', message: 'no room', code: 'full' })
})

test('when hotswap is gone all calls fail, and say why', async (t) => {
  const fake = await Fake.listen(t)
  const told = warnings(t)
  const { hotswap } = fake
  const failing = Promise.allSettled([
    ...Array.from({ length: 2000 }, () => hotswap.getState('a')),
    hotswap.defineState('a', () => 1),
    hotswap.updateState('a', () => 1),
  ])
  await fake.next('define')
  fake.end()
  for (const { reason } of await failing) {
    assert.equal(reason.code, 'unavailable')
    assert.match(
      reason.message,
      /^no connection to hotswap: (hotswap closed the connection|connect ENOENT .*) \(HOTSWAP_SOCKET is \/.*\/s\)$/,
    )
  }
  await assert.rejects(hotswap.getState('a'), {
    code: 'unavailable',
    message: /no connection to hotswap: connect (ENOENT|ECONNREFUSED)/,
  })
  assert.deepEqual(told, [])
})

test('what had no answer when the connection ended is asked once more', async (t) => {
  const fake = await Fake.listen(t)
  const getting = fake.hotswap.getState('a')
  await fake.next('get')
  fake.socket.destroy()
  fake.send({ id: (await fake.next('get')).id, value: 7, version: 1 })
  assert.equal(await getting, 7)
  const defining = fake.hotswap.defineState('b', () => 8)
  await fake.next('define')
  fake.socket.destroy()
  fake.send({ id: (await fake.next('define')).id, run: true })
  fake.send({ id: (await fake.next('defined')).id, value: 8, version: 1 })
  assert.equal(await defining, 8)
})

test('hotswap says why it does not take a client', async (t) => {
  const fake = await Fake.listen(t, { greets: false })
  const refused = fake.hotswap.getState('a')
  await until(() => fake.hello)
  fake.send({ id: 1, error: 'this hotswap speaks version 2', code: 'unavailable' })
  await assert.rejects(refused, { message: /^no connection to hotswap: this hotswap speaks version 2 / })
  const closed = fake.hotswap.getState('a')
  await until(() => fake.connections === 2)
  fake.socket.destroy()
  await assert.rejects(closed, { message: /hotswap did not accept this process/ })
})

test('nonsense ends the connection', async (t) => {
  const fake = await Fake.listen(t)
  for (const nonsense of ['x\n', 'null\n', 'x'.repeat(9 * 1024 * 1024)]) {
    const failing = fake.hotswap.getState('a')
    const { id } = await fake.next('get')
    fake.socket.write(nonsense)
    await assert.rejects(failing, { message: /hotswap wrote what is no answer/ }, nonsense.slice(0, 10))
    assert(id > 0)
  }
})

test('a late answer to an initializer that has lost its connection is no error', async (t) => {
  const fake = await Fake.listen(t)
  let finish
  const defining = fake.hotswap.defineState('a', () => new Promise((done) => (finish = done)))
  fake.send({ id: (await fake.next('define')).id, run: true })
  await until(() => finish)
  fake.end()
  finish(1)
  await assert.rejects(defining, { code: 'unavailable' })
})

test('who has its turn sends the value', async (t) => {
  const fake = await Fake.listen(t)
  const defining = fake.hotswap.defineState('a', async () => Buffer.from('hi'), { ttl: 5 })
  const { id, ttlMs } = await fake.next('define')
  assert.equal(ttlMs, 5)
  fake.send({ id, run: true })
  assert.deepEqual(await fake.next('defined'), { id, op: 'defined', bytes: 'aGk=' })
  fake.send({ id, value: 'of another', version: 3 })
  assert.equal(await defining, 'of another')
})
