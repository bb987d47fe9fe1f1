// The memory of a process answers as hotswap does, whatever is asked.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

const require = createRequire(import.meta.url)
const { Memory } = require('../lib/memory.cjs')
const { backend } = require('../lib/connection.cjs')
const { encode } = require('../lib/values.cjs')

const seed = Number(process.env.SEED ?? Date.now() % 1e6)
let state = seed + 1
const random = (below) => (state = (state * 48271) % 2147483647) % below
const pick = (list) => list[random(list.length)]

const prefix = `same-${process.pid}/`
const keys = ['a', 'b', 'ab', 'ä', '😀', '\uffff', '', 'x'.repeat(512 - prefix.length)].map((key) => prefix + key)
const values = [
  0,
  1,
  -5,
  1.5,
  'text',
  '12',
  null,
  true,
  [1],
  { a: 1 },
  new Uint8Array([1, 2]),
  new Uint8Array(0),
  9007199254740990,
  9.2e18,
  -9.2e18,
]

const skip = !process.env.HOTSWAP_SOCKET && 'there is no hotswap'

/** One of two that are asked the same. Versions differ, so they are known by their order. */
class Side {
  constructor(backend) {
    this.backend = backend
    this.versions = [0]
  }

  /** The n-th version that was seen becomes n. */
  known(version) {
    if (version === undefined) return undefined
    if (!this.versions.includes(version)) this.versions.push(version)
    return this.versions.indexOf(version)
  }

  /** Defines the key with a value; null: the initializer fails. */
  define(fields, encoded) {
    return new Promise((resolve) => {
      let ran = false
      const request = this.backend.open('define', fields, (answer) => {
        if (answer.run) {
          ran = true
          return encoded ? request.send('defined', {}, encoded) : request.send('failed', { error: 'oops' })
        }
        request.forget()
        const { value, bytes, code, version } = answer
        resolve({ ran, value, bytes, code, version: this.known(version) })
      })
    })
  }

  async call(op, fields, encoded) {
    if (op === 'define') return this.define(fields, encoded)
    const sent = { ...fields }
    if (sent.ifVersion !== undefined) sent.ifVersion = this.versions[Math.min(sent.ifVersion, this.versions.length - 1)]
    try {
      const { id, more, version, items, ...rest } = await this.backend.call(op, sent, encoded)
      return {
        ...rest,
        version: this.known(version),
        items: items?.map(({ key, size, version }) => ({ key, size, version: this.known(version) })),
      }
    } catch (error) {
      return { code: error.code }
    }
  }
}

test(`hotswap and the memory answer the same (SEED=${seed})`, { skip }, async () => {
  const sides = [new Side(backend()), new Side(new Memory())]
  const said = []
  for (let step = 0; step < 5000; step++) {
    const key = pick(keys)
    const ifVersion = random(2) ? undefined : random(3) ? Math.max(sides[0].versions.length - 1 - random(4), 0) : 0
    const ttlMs = random(4) ? undefined : 1e9
    const request = pick([
      () => ['get', { key }],
      () => ['set', { key, ifVersion, ttlMs }, encode(pick(values), key)],
      () => ['add', { key, by: pick([1, -1, 7, 2 ** 53 - 1, 1 - 2 ** 53]) }],
      () => ['delete', { key }],
      () => ['define', { key, ttlMs }, random(4) ? encode(pick(values), key) : null],
      () => ['list', { prefix: prefix + pick(['', 'a', 'ä', 'none']) }],
    ])()
    const [real, memory] = await Promise.all(sides.map((side) => side.call(...request)))
    said.push(JSON.stringify(request))
    assert.deepEqual(memory, real, `${said.slice(-8).join('\n')}`)
  }
  for (const key of keys) await sides[0].call('delete', { key })
})

test('a key expires in the same way', { skip }, async () => {
  for (const side of [new Side(backend()), new Side(new Memory())]) {
    const key = `expires-${process.pid}`
    await side.call('set', { key, ttlMs: 30 }, encode(1, key))
    assert.equal((await side.backend.call('get', { key })).value, 1)
    while (!(await side.backend.call('get', { key })).missing) await sleep(1)
  }
})
