// Initializers that need values that are being made.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namespace } from '../index.mjs'

test('an initializer that needs its own value fails', async () => {
  const s = namespace('itself-' + process.pid)
  const itself = s.defineState('a', () => s.defineState('b', async () => {
    await null
    return s.defineState('a', () => 1)
  }))
  await assert.rejects(itself, /^Error: hotswap: the initializer of a needs a$/)
  assert.equal(await s.defineState('a', () => s.defineState('b', () => 2)), 2)

  let later // what an initializer has begun may need its value
  await s.defineState('c', () => {
    later = new Promise((done) => setTimeout(done, 10)).then(() => s.defineState('c', () => 4))
    return 3
  })
  let go
  const slow = s.defineState('d', () => new Promise((done) => (go = done))) // so that contexts live on
  assert.equal(await later, 3)
  go(1)
  await slow
})
