// State, by the memory of the process and, below hotswap, by its store: the same tests.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import vm from 'node:vm'
import * as hotswap from '../index.mjs'

const MiB = 1024 * 1024
let spaces = 0

/** Functions for keys that no other test uses. */
function space() {
  const prefix = `test-${process.pid}-${++spaces}/`
  const short = (item) => ({ ...item, key: item.key.slice(prefix.length) })
  const s = {}
  for (const call of ['defineState', 'getState', 'setState', 'updateState', 'incrementState', 'deleteState']) {
    s[call] = async (key, ...more) => hotswap[call](typeof key === 'string' && key !== '' ? prefix + key : key, ...more)
  }
  s.listState = async (start = '') => (await hotswap.listState(prefix + start)).map(short)
  return s
}

const code = (expected) => (error) => {
  assert.equal(error.code, expected, error.stack)
  assert.equal(error.name, 'HotswapError')
  return true
}

/** Resolves when is() is true. */
async function until(is) {
  while (!is()) await sleep(1)
}

/** A promise, and the function that resolves it. */
function gate() {
  let open
  const promise = new Promise((resolve) => (open = resolve))
  return { promise, open }
}

test('what is set can be read', async () => {
  const s = space()
  assert.equal(await s.getState('a'), undefined)
  for (const value of [
    null,
    true,
    0,
    -1.5,
    '',
    'ä€😀\u0000\n"\\',
    [],
    [1, [null]],
    {},
    { a: { b: [1, { c: 'd' }] }, 'x y': 1 },
  ]) {
    await s.setState('a', value)
    assert.deepEqual(await s.getState('a'), value)
  }
})

test('keys and texts may have any characters', async () => {
  const s = space()
  const texts = ['ä', '😀', 'a b', '"', '\\', '\n', '\u0000', '\u2028', '\x7f', '/', '..', '<&>', '{}', ' ']
  for (const text of texts) await s.setState(text, { [text]: text })
  for (const text of texts) assert.deepEqual(await s.getState(text), { [text]: text })
  const keys = (await s.listState()).map((item) => item.key)
  assert.deepEqual(new Set(keys), new Set(texts))
  await s.setState('half', '\ud800')
  assert.equal(await s.getState('half'), '\ud800')
})

test('a value is a copy when it is written and when it is read', async () => {
  const s = space()
  const value = { list: [1] }
  const set = s.setState('a', value)
  value.list.push(2)
  await set
  const read = await s.getState('a')
  read.list.push(3)
  assert.deepEqual(await s.getState('a'), { list: [1] })
  const bytes = new Uint8Array([1, 2])
  await s.setState('b', bytes)
  bytes[0] = 9
  const copy = await s.getState('b')
  copy[1] = 9
  assert.deepEqual(await s.getState('b'), new Uint8Array([1, 2]))
})

test('properties that are undefined are left out', async () => {
  const s = space()
  await s.setState('a', { x: undefined, y: 1 })
  assert.deepEqual(await s.getState('a'), { y: 1 })
})

test('bytes stay bytes', async () => {
  const s = space()
  const all = Uint8Array.from({ length: 256 }, (_, i) => i)
  for (const value of [all, new Uint8Array(0), Buffer.from(all), all.subarray(10, 20)]) {
    await s.setState('a', value)
    const read = await s.getState('a')
    assert.equal(read.constructor, Uint8Array)
    assert.deepEqual([...read], [...value])
  }
})

test('values and keys have a limit', async () => {
  const s = space()
  const largest = 'x'.repeat(MiB - 2)
  await s.setState('a', largest)
  assert.equal(await s.getState('a'), largest)
  await s.setState('b', new Uint8Array(MiB))
  assert.equal((await s.getState('b')).length, MiB)
  await assert.rejects(s.setState('a', largest + 'x'), code('too-large'))
  await assert.rejects(s.setState('a', 'ä'.repeat(MiB / 2)), code('too-large'))
  await assert.rejects(s.setState('b', new Uint8Array(MiB + 1)), code('too-large'))
  await assert.rejects(
    s.defineState('c', () => largest + 'x'),
    code('too-large'),
  )
  for (const call of ['getState', 'deleteState', 'incrementState'])
    await assert.rejects(s[call]('k'.repeat(512)), code('too-large'))
  await hotswap.setState('k'.repeat(512), 1)
  assert.equal(await hotswap.deleteState('k'.repeat(512)), true)
  assert.equal((await s.getState('a')).length, MiB - 2)
  await s.deleteState('a')
  await s.deleteState('b')
})

test('keys are strings', async () => {
  const s = space()
  for (const key of [undefined, null, 1, '', {}, Symbol('a'), '\ud800']) {
    await assert.rejects(s.getState(key), TypeError)
    await assert.rejects(s.setState(key, 1), TypeError)
    await assert.rejects(
      s.defineState(key, () => 1),
      TypeError,
    )
    assert.throws(() => hotswap.lease(key, () => {}), TypeError)
  }
  await s.setState('__proto__', 1)
  assert.equal(await s.getState('__proto__'), 1)
  assert.equal(await s.getState('constructor'), undefined)
})

test('deleteState says whether there was something', async () => {
  const s = space()
  assert.equal(await s.deleteState('a'), false)
  await s.setState('a', null)
  assert.equal(await s.deleteState('a'), true)
  assert.equal(await s.getState('a'), undefined)
})

test('a key with a ttl goes, and a write without one keeps it', async () => {
  const s = space()
  await s.setState('a', 1, { ttl: 30 })
  await s.setState('b', 1, { ttl: 30 })
  await s.setState('b', 2)
  do await s.setState('c', 1, { ttl: 30 })
  while ((await s.incrementState('c')) !== 2) // else its time was over: an increment keeps the end
  await s.defineState('d', () => 1, { ttl: 30 })
  await s.updateState('e', () => 1, { ttl: 1e12 })
  assert.equal(await s.getState('e'), 1)
  while ((await s.listState()).length > 2) await sleep(1)
  assert.deepEqual(
    (await s.listState()).map((item) => item.key),
    ['b', 'e'],
  )
  assert.equal(await s.defineState('d', () => 2), 2)
  for (const ttl of [0, -1, NaN, Infinity, '1', 1e13]) await assert.rejects(s.setState('a', 1, { ttl }), TypeError)
})

test('increments are exact', async () => {
  const s = space()
  assert.equal(await s.incrementState('n'), 1)
  assert.equal(await s.incrementState('n', 41), 42)
  assert.equal(await s.incrementState('n', -2), 40)
  assert.equal(await s.incrementState('zero', 0), 0)
  const sums = await Promise.all(Array.from({ length: 5000 }, () => s.incrementState('n')))
  assert.equal(new Set(sums).size, 5000)
  assert.equal(await s.getState('n'), 5040)
  for (const value of ['1', 1.5, null, new Uint8Array(1)]) {
    await s.setState('n', value)
    await assert.rejects(s.incrementState('n'), code('type'))
  }
  for (const by of [1.5, NaN, '1', 2 ** 53]) await assert.rejects(s.incrementState('n', by), TypeError)
})

test('updates are exact', async () => {
  const s = space()
  await Promise.all(Array.from({ length: 500 }, () => s.updateState('n', (n = 0) => n + 1)))
  assert.equal(await s.getState('n'), 500)
  assert.equal(await s.updateState('n', async (n) => n + 1), 501)
})

test('an update is repeated if another was faster', async () => {
  const s = space()
  let calls = 0
  const value = await s.updateState('n', async (n = 0) => {
    if (++calls < 3) await s.setState('n', n + 10)
    return n + 1
  })
  assert.equal(value, 21)
  assert.equal(calls, 3)
})

test('an update that fails changes nothing, and the next one runs', async () => {
  const s = space()
  await s.setState('n', 1)
  const oops = new Error('oops')
  const failing = s.updateState('n', () => {
    throw oops
  })
  const next = s.updateState('n', (n) => n + 1)
  await assert.rejects(failing, oops)
  assert.equal(await next, 2)
  await assert.rejects(
    s.updateState('n', () => {}),
    /returned undefined/,
  )
  await assert.rejects(
    s.updateState('n', () => new Map()),
    /^TypeError: .*n is an instance of Map/,
  )
  await assert.rejects(s.updateState('n', 3), TypeError)
  assert.equal(await s.getState('n'), 2)
})

test('one initializer runs', async () => {
  const s = space()
  let runs = 0
  const values = await Promise.all(
    Array.from({ length: 100 }, (_, i) =>
      s.defineState('a', async () => {
        runs++
        await sleep(5)
        return { i }
      }),
    ),
  )
  assert.equal(runs, 1)
  for (const value of values) assert.deepEqual(value, values[0])
  assert.deepEqual(await s.defineState('a', () => assert.fail('called')), values[0])
  await s.setState('null', null)
  assert.equal(await s.defineState('null', () => 1), null)
})

test('when an initializer fails its caller is told, and the next one runs', async () => {
  const s = space()
  const oops = new Error('oops')
  const first = s.defineState('a', async () => {
    throw oops
  })
  const second = s.defineState('a', () => {
    throw null
  })
  const third = s.defineState('a', () => () => {})
  const fourth = s.defineState('a', () => 4)
  await assert.rejects(first, oops)
  await second.then(assert.fail, (error) => assert.equal(error, null))
  await assert.rejects(third, /^TypeError: .*a is a function/)
  assert.equal(await fourth, 4)
  await assert.rejects(s.defineState('a', 3), /must be a function/)
})

test('a key that is set while its initializer runs stays as it is', async () => {
  const s = space()
  const begun = gate()
  const go = gate()
  const first = s.defineState('a', async () => {
    begun.open()
    await go.promise
    return 'initializer'
  })
  await begun.promise
  const second = s.defineState('a', () => assert.fail('called'))
  await s.setState('a', 'set')
  go.open()
  assert.deepEqual(await Promise.all([first, second]), ['set', 'set'])
})

test('listState has all keys in order', async () => {
  const s = space()
  const keys = Array.from({ length: 2500 }, (_, i) => `k/${String(i).padStart(4, '0')}`)
  await Promise.all([...keys].reverse().map((key) => s.setState(key, 'ä')))
  await s.setState('other', new Uint8Array(5))
  const found = await s.listState('k/')
  assert.deepEqual(
    found.map((item) => item.key),
    keys,
  )
  assert.equal(found[0].size, 4)
  assert.deepEqual((await s.listState()).slice(-1), [{ key: 'other', size: 5 }])
  assert.deepEqual(await s.listState('none'), [])
  await Promise.all(keys.map((key) => s.deleteState(key)))
})

test('updateState resolves to a copy of what is stored', async () => {
  const s = space()
  const mine = { list: [1], none: undefined }
  const stored = await s.updateState('o', () => mine)
  assert.deepEqual(Object.keys(stored), ['list'])
  assert.notEqual(stored.list, mine.list)
  const bytes = Buffer.from('a')
  assert.deepEqual(await s.updateState('b', () => bytes), new Uint8Array(bytes))
})

test('the context of async_hooks is kept', async () => {
  const s = space()
  const { AsyncLocalStorage } = await import('node:async_hooks')
  const storage = new AsyncLocalStorage()
  await storage.run('mine', async () => {
    await s.defineState('a', () => assert.equal(storage.getStore(), 'mine') ?? 1)
    await s.updateState('a', () => assert.equal(storage.getStore(), 'mine') ?? 2)
    assert.equal(storage.getStore(), 'mine')
  })
})

class User {}
const cycle = { a: [{}] }
cycle.a[0].back = cycle

const refused = {
  undefined: [undefined, ' is undefined, which JSON drops'],
  'a function': [{ handlers: [1, 2, () => {}] }, ': "2" is a function'],
  'a symbol': [{ a: Symbol('x') }, ': "a" is a symbol'],
  'undefined in a list': [{ a: [1, undefined] }, ': "1" is undefined'],
  NaN: [{ 'x y': NaN }, ': "x y" is NaN'],
  BigInt: [[1n], ': "0" is a bigint'],
  Date: [{ at: new Date() }, ': "at" is an instance of Date'],
  'a promise': [{ a: Promise.resolve(1) }, ': "a" is an instance of Promise'],
  'an instance': [{ user: new User() }, ': "user" is an instance of User'],
  'an object that contains itself': [cycle, 'circular structure'],
  'bytes inside': [{ a: new Uint8Array(1) }, ': "a" is an instance of Uint8Array'],
}

for (const [what, [value, message]] of Object.entries(refused)) {
  test(`${what} is refused`, async () => {
    const s = space()
    await assert.rejects(s.setState('config', value), (error) => {
      assert(error instanceof TypeError, error.stack)
      assert(error.message.includes(message), `${error.message}\nshould be\n${message}`)
      assert(error.message.length < 400, error.message)
      return true
    })
    assert.equal(await s.getState('config'), undefined)
  })
}

test('what is plain travels, also of another context', async () => {
  const s = space()
  const shared = { a: 1 }
  const values = [
    Object.assign(Object.create(null), { a: 1 }),
    vm.runInNewContext('({ a: [1, { b: null }] })'),
    [shared, shared],
    { constructor: 1, toString: 'a' },
  ]
  for (const value of values) {
    await s.setState('a', value)
    assert.deepEqual(await s.getState('a'), JSON.parse(JSON.stringify(value)))
  }
  await s.setState('a', vm.runInNewContext('new Uint8Array([0, 1, 2, 3]).subarray(1, 3)'))
  assert.deepEqual(await s.getState('a'), new Uint8Array([1, 2]))
})
