// The memory of a process answers as hotswap does, whatever is asked.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'

const require = createRequire(import.meta.url)
const { Memory } = require('../lib/memory.cjs')
const { backend } = require('../lib/thread.cjs')
const { encode } = require('../lib/values.cjs')

const seed = Number(process.env.SEED ?? Date.now() % 1e6)
let state = seed + 1
const random = (below) => (state = (state * 48271) % 2147483647) % below
const pick = (list) => list[random(list.length)]

const prefix = `same-${process.pid}/`
const keys = ['a', 'b', 'ab', 'ä', '😀', '\uffff', '', 'x'.repeat(512 - prefix.length)].map((key) => prefix + key)
const values = [0, 1, -5, 1.5, 'text', '12', null, true, [1], { a: 1 }, new Uint8Array([1, 2]), new Uint8Array(0), 9007199254740990, 9.2e18, -9.2e18]

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

  async call(op, fields, encoded) {
    const sent = { ...fields }
    if (sent.ifVersion !== undefined) sent.ifVersion = this.versions[Math.min(sent.ifVersion, this.versions.length - 1)]
    try {
      const { id, more, version, items, ...rest } = await this.backend.call(op, sent, encoded)
      return { ...rest, version: this.known(version), items: items?.map(({ key, size, version }) => ({ key, size, version: this.known(version) })) }
    } catch (error) {
      return { code: error.code, version: this.known(error.version) }
    }
  }
}

test(`hotswap and the memory answer the same (SEED=${seed})`, { skip: !process.env.HOTSWAP_SOCKET && 'there is no hotswap' }, async () => {
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
      () => ['delete', { key, ifVersion }],
      () => ['list', { prefix: prefix + pick(['', 'a', 'ä', 'none']) }],
    ])()
    const [real, memory] = await Promise.all(sides.map((side) => side.call(...request)))
    said.push(JSON.stringify(request))
    assert.deepEqual(memory, real, `${said.slice(-8).join('\n')}`)
  }
  for (const key of keys) await sides[0].call('delete', { key })
})
