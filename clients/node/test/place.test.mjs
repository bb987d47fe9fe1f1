// What a program is told of its place.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fake, until, warnings } from './fake.mjs'

/** A promise, and the function that resolves it. */
function gate() {
  let open
  const promise = new Promise((resolve) => (open = resolve))
  return { promise, open }
}

/** Sends events of a place. */
async function placed(fake) {
  const { id } = await fake.next('place')
  let seq = 0
  return {
    id,
    say: (state, more) => fake.send({ id, event: 'place', seq: ++seq, state, serving: state === 'serving', ...more }),
    drained: () => fake.send({ id, event: 'drained', seq: ++seq }),
  }
}

test('a generation serves, is held, serves again and drains', async (t) => {
  const fake = await Fake.listen(t)
  const { onServe, onDrain } = fake.hotswap
  const calls = []
  let last
  onServe(() => calls.push('serve'))
  onServe(() => calls.push('serve too'))
  onDrain((drain) => (calls.push('drain'), (last = drain)))
  onDrain(() => void calls.push('drain too'))
  const place = await placed(fake)

  place.say('starting')
  await fake.settled()
  assert.deepEqual(calls, [])

  place.say('serving')
  await fake.settled()
  assert.deepEqual(calls.splice(0), ['serve', 'serve too'])

  place.say('held')
  assert.equal((await fake.next('done')).seq, 3)
  assert.deepEqual(calls.splice(0), ['drain', 'drain too'])
  const held = last

  place.say('serving')
  await fake.settled()
  assert.deepEqual(calls.splice(0), ['serve', 'serve too'])
  assert.equal(held.signal.aborted, true)
  assert.equal(await held.drained, false)

  place.say('held')
  assert.equal((await fake.next('done')).seq, 5)
  place.say('draining')
  assert.equal((await fake.next('done')).seq, 6)
  assert.deepEqual(calls, ['drain', 'drain too'])
  assert.notEqual(last, held)
  place.drained()
  assert.equal((await fake.next('done')).seq, 7)
  assert.equal(await last.drained, true)
  assert.equal(last.signal.aborted, false)
})

test('hotswap is told when all functions have ended', async (t) => {
  const fake = await Fake.listen(t)
  const { onDrain } = fake.hotswap
  const [a, b] = [gate(), gate()]
  onDrain(() => a.promise)
  onDrain(async ({ drained }) => {
    assert.equal(await drained, true)
    await b.promise
  })
  const place = await placed(fake)
  place.say('serving')
  place.say('held')
  place.say('draining')
  await fake.settled()
  a.open()
  place.drained()
  await fake.settled()
  assert.deepEqual(fake.requests, [])
  b.open()
  assert.deepEqual(await fake.next('done'), { id: place.id, op: 'done', seq: 4 })
  assert.deepEqual(fake.requests, [])
})

test('a function that has ended for the drain before does not end the next', async (t) => {
  const fake = await Fake.listen(t)
  const gates = []
  fake.hotswap.onDrain(() => {
    gates.push(gate())
    return gates.at(-1).promise
  })
  const place = await placed(fake)
  place.say('held')
  place.say('serving')
  place.say('held')
  await until(() => gates.length === 2)
  gates[1].open()
  await fake.settled()
  assert.deepEqual(fake.requests, []) // the first still closes something
  gates[0].open()
  assert.equal((await fake.next('done')).seq, 3)
})

test('a function that comes late is called at once', async (t) => {
  const fake = await Fake.listen(t)
  const { onServe, onDrain } = fake.hotswap
  onServe(() => {})
  const place = await placed(fake)
  place.say('serving')
  await fake.settled()
  const served = gate()
  let inTime = false
  onServe(() => served.open(inTime))
  inTime = true // the function is not called before onServe has returned
  assert.equal(await served.promise, true)

  place.say('draining')
  assert.equal((await fake.next('done')).seq, 2) // there is nothing to wait for
  const first = gate()
  onDrain(() => first.open())
  await first.promise
  const second = gate()
  onDrain(() => second.open())
  await second.promise
  onServe(() => assert.fail('it does not serve'))
  await fake.settled()
})

test('an error is a warning and counts as done', async (t) => {
  const fake = await Fake.listen(t)
  const told = warnings(t)
  const { onServe, onDrain } = fake.hotswap
  onServe(() => {
    throw new Error('of onServe')
  })
  onDrain(() => {
    throw new Error('of onDrain')
  })
  onDrain(async () => {
    throw new Error('later')
  })
  const place = await placed(fake)
  place.say('serving')
  await fake.settled()
  place.say('draining')
  assert.equal((await fake.next('done')).seq, 2)
  await until(() => told.length === 3)
  assert.deepEqual(told.sort(), [
    'hotswap: a function of onDrain failed: later',
    'hotswap: a function of onDrain failed: of onDrain',
    'hotswap: a function of onServe failed: of onServe',
  ])
  assert.throws(() => onServe(3), TypeError)
  assert.throws(() => onDrain(), TypeError)
})

test('the number of the generation', async (t) => {
  const fake = await Fake.listen(t)
  process.env.HOTSWAP_GENERATION = '12'
  t.after(() => delete process.env.HOTSWAP_GENERATION)
  assert.equal(fake.hotswap.generation, 12)
})

test('who has lost just the connection hears again of its place', async (t) => {
  const fake = await Fake.listen(t)
  const told = warnings(t)
  const { onServe, onDrain } = fake.hotswap
  const calls = []
  onServe(() => calls.push('serve'))
  onDrain(async ({ drained }) => calls.push('drain', await drained))
  let place = await placed(fake)
  place.say('serving')
  await fake.settled()
  fake.socket.destroy()
  place = await placed(fake)
  place.say('serving')
  place.say('draining')
  await fake.settled()
  fake.socket.destroy()
  place = await placed(fake)
  place.say('draining')
  place.drained()
  assert.equal((await fake.next('done')).seq, 2)
  assert.deepEqual(calls, ['serve', 'drain', true])
  assert.equal(fake.connections, 3)
  assert.deepEqual(told, [])
})
