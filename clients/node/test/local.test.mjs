// One value for each thread, whatever becomes of its modules.
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { defineLocal, getLocal, setLocal } from '../index.mjs'
import { fresh } from './fake.mjs'

const root = path.resolve(fileURLToPath(import.meta.url), '../..')

test('all copies of the package have the same value', async (t) => {
  const other = mkdtempSync(path.join(tmpdir(), 'copy'))
  t.after(() => rmSync(other, { recursive: true }))
  for (const name of ['index.cjs', 'index.mjs', 'lib']) cpSync(path.join(root, name), path.join(other, name), { recursive: true })
  let runs = 0
  const store = defineLocal('store', () => (runs++, new AsyncLocalStorage()))
  const copies = [fresh(), fresh(), await import('../index.mjs?t=1'), await import(pathToFileURL(path.join(other, 'index.mjs')).href)]
  assert.notEqual(copies[0].defineLocal, copies[1].defineLocal)
  for (const copy of copies) {
    assert.equal(copy.defineLocal('store', () => (runs++, {})), store)
    assert.equal(copy.getLocal('store'), store)
  }
  assert.equal(runs, 1)
  store.run(7, () => assert.equal(copies[3].getLocal('store').getStore(), 7))
  copies[3].setLocal('store', undefined)
  assert.equal(getLocal('store'), undefined)
  assert.equal(defineLocal('store', () => assert.fail('the value is undefined, and there is one')), undefined)
})

test('a worker thread has values of its own', async () => {
  defineLocal('thread', () => 'main')
  const worker = new Worker(`
    const { defineLocal } = require(${JSON.stringify(path.join(root, 'index.cjs'))})
    require('node:worker_threads').parentPort.postMessage(defineLocal('thread', () => 'worker'))`, { eval: true })
  assert.deepEqual(await once(worker, 'message'), ['worker'])
  assert.equal(getLocal('thread'), 'main')
})

test('a promise is a value', async () => {
  const failing = defineLocal('promise', async () => assert.fail('oops'))
  assert.equal(defineLocal('promise', () => 1), failing)
  await assert.rejects(failing, /oops/)
  setLocal('promise', 2)
  assert.equal(getLocal('promise'), 2)
})

test('an initializer that throws leaves nothing', () => {
  assert.throws(() => defineLocal('throws', () => { throw new Error('oops') }), /^Error: oops$/)
  assert.throws(() => getLocal('throws'), /nobody has defined "throws"/)
  assert.equal(defineLocal('throws', () => 1), 1)
})

test('an initializer cannot use its own key', () => {
  const uses = [() => defineLocal('own', () => 1), () => getLocal('own'), () => setLocal('own', 1), () => defineLocal('middle', () => getLocal('own'))]
  for (const use of uses) assert.throws(() => defineLocal('own', use), /the initializer of "own" uses "own" itself/)
  assert.equal(defineLocal('own', () => 2 * defineLocal('other', () => 3)), 6)
  assert.equal(defineLocal('middle', () => 4), 4)
})

test('what is wrong is said', () => {
  for (const key of [undefined, '', 7, Symbol('a')]) {
    for (const use of [() => defineLocal(key, () => 1), () => getLocal(key), () => setLocal(key, 1)]) {
      assert.throws(use, { name: 'TypeError', message: 'hotswap: the key must be a string of at least 1 characters' })
    }
  }
  assert.throws(() => defineLocal('a', 1), { name: 'TypeError', message: 'hotswap: the initializer must be a function' })
  for (const use of [() => getLocal('nobody'), () => setLocal('nobody', 1)]) {
    assert.throws(use, { message: 'hotswap: nobody has defined "nobody" in this thread; call defineLocal("nobody", …) first' })
  }
})
