// One value for each thread, whatever becomes of its modules.
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { defineLocal, getLocal, setLocal } from 'hotswap-dev/local'

const file = fileURLToPath(new URL('../local.mjs', import.meta.url))

test('all copies of the package have the same value', async (t) => {
  const other = mkdtempSync(path.join(tmpdir(), 'copy'))
  t.after(() => rmSync(other, { recursive: true }))
  copyFileSync(file, path.join(other, 'local.mjs'))
  let runs = 0
  const store = defineLocal('store', () => (runs++, new AsyncLocalStorage()))
  const copies = [await import('../local.mjs?t=1'), await import(pathToFileURL(path.join(other, 'local.mjs')).href)]
  assert.notEqual(copies[0].defineLocal, copies[1].defineLocal)
  for (const copy of copies) {
    assert.equal(
      copy.defineLocal('store', () => (runs++, {})),
      store,
    )
    assert.equal(copy.getLocal('store'), store)
  }
  assert.equal(runs, 1)
  store.run(7, () => assert.equal(copies[1].getLocal('store').getStore(), 7))
  copies[1].setLocal('store', undefined)
  assert.equal(getLocal('store'), undefined)
  assert.equal(
    defineLocal('store', () => assert.fail('the value is undefined, and there is one')),
    undefined,
  )
})

test('a worker thread has values of its own', async () => {
  defineLocal('thread', () => 'main')
  const worker = new Worker(
    `import(${JSON.stringify(pathToFileURL(file).href)}).then(({ defineLocal }) =>
      require('node:worker_threads').parentPort.postMessage(defineLocal('thread', () => 'worker')))`,
    { eval: true },
  )
  assert.deepEqual(await once(worker, 'message'), ['worker'])
  assert.equal(getLocal('thread'), 'main')
})

test('a promise is a value', async () => {
  const failing = defineLocal('promise', async () => assert.fail('oops'))
  assert.equal(
    defineLocal('promise', () => 1),
    failing,
  )
  await assert.rejects(failing, /oops/)
  setLocal('promise', 2)
  assert.equal(getLocal('promise'), 2)
})

test('an initializer that throws leaves nothing', () => {
  const oops = () => {
    throw new Error('oops')
  }
  assert.throws(() => defineLocal('throws', oops), /^Error: oops$/)
  assert.throws(() => getLocal('throws'), /nothing has defined "throws"/)
  assert.equal(
    defineLocal('throws', () => 1),
    1,
  )
})

test('an initializer cannot use its own key', () => {
  const uses = [
    () => defineLocal('own', () => 1),
    () => getLocal('own'),
    () => setLocal('own', 1),
    () => defineLocal('middle', () => getLocal('own')),
  ]
  for (const use of uses) assert.throws(() => defineLocal('own', use), /the initializer of "own" asks for "own" itself/)
  assert.equal(
    defineLocal('own', () => 2 * defineLocal('other', () => 3)),
    6,
  )
  assert.equal(
    defineLocal('middle', () => 4),
    4,
  )
})

test('what is wrong is said', () => {
  for (const use of [() => defineLocal(7, () => 1), () => defineLocal('a', 1)]) {
    assert.throws(use, { name: 'TypeError', message: 'hotswap: defineLocal takes a string and a function' })
  }
  for (const use of [() => getLocal('nobody'), () => setLocal('nobody', 1)]) {
    assert.throws(use, {
      message: 'hotswap: nothing has defined "nobody" in this thread; call defineLocal("nobody", …) first',
    })
  }
})
