// Work that only one process does at a time.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Fake, fresh, until, warnings } from './fake.mjs'

test('a lease is granted, revoked, and asked for again', async (t) => {
  const fake = await Fake.listen(t)
  const calls = []
  let finish
  const held = fake.hotswap.lease('cron', async (signal) => {
    calls.push('begin')
    signal.addEventListener('abort', () => calls.push('abort'))
    await new Promise((done) => (finish = done))
    calls.push('end')
    return async () => {
      await null
      calls.push('cleanup')
    }
  })
  for (let round = 0; round < 2; round++) {
    const { id, name } = await fake.next('lease')
    assert.equal(name, 'cron')
    await fake.settled()
    assert.deepEqual(calls, [])
    fake.send({ id, event: 'granted' })
    await until(() => calls.length === 1)
    fake.send({ id, event: 'revoke' })
    await until(() => calls.length === 2)
    await fake.settled()
    assert(!fake.requests.some(({ op }) => op === 'release')) // f has not ended
    finish()
    assert.deepEqual(await fake.next('release'), { id, op: 'release' })
    assert.deepEqual(calls.splice(0), ['begin', 'abort', 'end', 'cleanup'])
    fake.send({ id, released: true })
  }
  const { id } = await fake.next('lease')
  const stopped = held.stop()
  assert.equal((await fake.next('release')).id, id)
  fake.send({ id, event: 'granted' }) // on the way when it was stopped
  fake.send({ id, event: 'revoke' })
  fake.send({ id, released: true })
  await stopped
  await fake.settled()
  assert.deepEqual(calls, [])
  assert(!fake.requests.some(({ op }) => op === 'lease'))
})

test('a function that returns at once keeps the lease', async (t) => {
  const fake = await Fake.listen(t)
  let runs = 0
  const held = fake.hotswap.lease('cron', () => void runs++)
  const { id } = await fake.next('lease')
  fake.send({ id, event: 'granted' })
  await until(() => runs === 1)
  await fake.settled()
  assert(!fake.requests.some(({ op }) => op === 'release'))
  const stopped = held.stop()
  assert.equal((await fake.next('release')).id, id)
  fake.send({ id, released: true })
  await stopped
  assert.equal(runs, 1)
})

test('a function that fails gives the lease back, and is called again', async (t) => {
  const fake = await Fake.listen(t)
  const told = warnings(t)
  fake.hotswap.lease('cron', () => {
    throw new Error('oops')
  })
  const first = await fake.next('lease')
  fake.send({ id: first.id, event: 'granted' })
  await fake.next('release')
  fake.send({ id: first.id, released: true })
  const second = await fake.next('lease')
  assert.notEqual(second.id, first.id)
  await until(() => told.length === 1)
  assert.deepEqual(told, ['hotswap: the function of the lease cron failed: oops'])
})

test('the error of a signal that was aborted is none', async (t) => {
  const fake = await Fake.listen(t)
  const told = warnings(t)
  fake.hotswap.lease('timers', (signal) => sleep(1e6, null, { signal, ref: false }))
  fake.hotswap.lease(
    'reason',
    (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  )
  fake.hotswap.lease('cleanup', () => () => {
    throw new Error('oops')
  })
  for (let i = 0; i < 3; i++) {
    const { id } = await fake.next('lease')
    fake.send({ id, event: 'granted' })
    fake.send({ id, event: 'revoke' })
    await fake.next('release')
  }
  await until(() => told.length > 0)
  assert.deepEqual(told, ['hotswap: the cleanup of the lease cleanup failed: oops'])
})

test('with the connection a lease is lost', async (t) => {
  const fake = await Fake.listen(t)
  const told = warnings(t)
  let lost = false
  fake.hotswap.lease('cron', (signal) => {
    signal.addEventListener('abort', () => (lost = true))
  })
  fake.hotswap.lease('waits', () => assert.fail('not granted'))
  const { id } = await fake.next('lease')
  fake.send({ id, event: 'granted' })
  await fake.settled()
  fake.end()
  await until(() => lost && told.length === 3)
  assert.match(told.join('\n'), /hotswap: the lease cron is lost: no connection to hotswap/)
})

test('who has lost just the connection asks again for a lease that it did not have', async (t) => {
  const fake = await Fake.listen(t)
  const told = warnings(t)
  let runs = 0
  fake.hotswap.lease('cron', () => void runs++)
  const { id: place } = await fake.next('place')
  await fake.next('lease')
  fake.send({ id: place, event: 'place', seq: 1, state: 'held', serving: false })
  await fake.settled()
  fake.socket.destroy()
  const { id } = await fake.next('lease')
  fake.send({ id, event: 'granted' })
  await until(() => runs === 1)
  assert.equal(fake.connections, 2)
  assert.deepEqual(told, [])
})

test('in memory, requests for the same lease queue up', async () => {
  const { lease } = fresh()
  const running = []
  let most = 0
  const leases = Array.from({ length: 5 }, (_, i) =>
    lease('same', async (signal) => {
      running.push(i)
      most = Math.max(most, running.length)
      await new Promise((done) => signal.addEventListener('abort', done))
      await sleep(1)
      return () => void running.splice(running.indexOf(i), 1)
    }),
  )
  let other = false
  const others = lease('other', () => void (other = true))
  for (let i = 0; i < 5; i++) {
    await until(() => running[0] === i)
    await leases[i].stop()
  }
  assert.equal(most, 1)
  assert.equal(other, true)
  await others.stop()
  let again = false
  const last = lease('same', () => void (again = true))
  await until(() => again)
  await Promise.all([last.stop(), last.stop()])
  const never = lease('same', () => assert.fail('called'))
  await never.stop()
  assert.throws(() => lease('a'), TypeError)
})

test('who has lost just the connection has its lease again when its work has ended', async (t) => {
  const fake = await Fake.listen(t)
  const told = warnings(t)
  let [runs, finish, aborted] = [0]
  const held = fake.hotswap.lease('cron', async (signal) => {
    runs++
    signal.addEventListener('abort', () => (aborted = true))
    await new Promise((done) => (finish = done))
  })
  const first = await fake.next('lease')
  fake.send({ id: first.id, event: 'granted' })
  await until(() => runs === 1)
  fake.socket.destroy()
  await until(() => aborted)
  assert(!fake.requests.some(({ op }) => op === 'lease')) // its work may still run
  finish()
  const second = await fake.next('lease')
  assert.equal(second.claim, first.claim)
  fake.send({ id: second.id, event: 'granted' })
  await until(() => runs === 2)

  fake.send({ id: second.id, event: 'revoke' })
  finish()
  await fake.next('release')
  fake.socket.destroy() // nobody knows whether hotswap has read that
  const third = await fake.next('lease')
  assert.equal(third.claim, first.claim)
  fake.send({ id: third.id, event: 'granted' })
  await until(() => runs === 3)
  finish()

  const stopped = held.stop()
  await fake.next('release')
  fake.socket.destroy()
  await stopped
  const last = await fake.next('lease')
  assert.equal(last.claim, first.claim)
  await fake.next('cancel')
  assert.equal(runs, 3)
  assert.deepEqual(
    told.filter((text) => text.includes('lease')),
    [],
  )
})
