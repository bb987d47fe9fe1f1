// The memory of a process, whose time goes on between any two looks at it.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { mock, test } from 'node:test'

const { Memory } = createRequire(import.meta.url)('../lib/memory.cjs')

test('a key may expire while it is looked at', async () => {
  let now = 0
  mock.method(performance, 'now', () => now++)
  const memory = new Memory()
  for (let ttlMs = 1; ttlMs < 6; ttlMs++) {
    await memory.call('set', { key: 'a', ttlMs }, { json: '1' })
    for (const item of (await memory.call('list', { prefix: '' })).items) assert.equal(item.size, 1)
    for (const wanted of [{ key: 'a' }, { prefix: '' }]) {
      await memory.call('set', { key: 'a', ttlMs }, { json: '1' })
      await new Promise((ready) => {
        memory.open('watch', wanted, ({ event }) => event === 'ready' && ready())
      })
    }
  }
  mock.restoreAll()
})
