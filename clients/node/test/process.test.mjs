// What the package does to the process that loads it.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { Fake } from './fake.mjs'

const run = promisify(execFile)
const root = path.resolve(fileURLToPath(import.meta.url), '../..')
const index = pathToFileURL(path.join(root, 'index.mjs')).href

/** Runs code as an ES module and returns what it prints. */
async function node(code, env = {}) {
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', code], {
    env: { ...process.env, ...env },
    timeout: 60000,
  })
  return stdout + stderr
}

test('loading the package does nothing', async () => {
  const out = await node(
    `
    import { createRequire } from 'node:module'
    const read = []
    const note = (key) => new Error().stack.split('\\n')[3].includes(${JSON.stringify(root)}) && read.push(key)
    process.env = new Proxy(process.env, {
      get: (target, key) => (note(key), target[key]),
      has: (target, key) => (note(key), key in target),
    })
    const seen = () => JSON.stringify([Reflect.ownKeys(globalThis).length, process.getActiveResourcesInfo(), process.eventNames()])
    const require = createRequire(${JSON.stringify(index)})
    const before = seen()
    require(${JSON.stringify(path.join(root, 'index.cjs'))})
    console.log(read.join(), before === seen())
    await import(${JSON.stringify(index)})
    console.log(read.join(), Reflect.ownKeys(globalThis).some((key) => String(key).includes('hotswap')))`,
    { HOTSWAP_SOCKET: '/nowhere', HOTSWAP_GENERATION: '3' },
  )
  // The number is a constant of the ES module.
  assert.equal(out, ' true\nHOTSWAP_GENERATION false\n')
})

test('a process with nothing else to do ends', async (t) => {
  const out = `
    import * as h from ${JSON.stringify(index)}
    h.onServe(() => console.log('serves'))
    h.onDrain(() => {})
    await h.setState('a', 1, { ttl: 1e9 })
    h.lease('cron', () => console.log('has the lease'))
    process.on('exit', () => console.log('ends'))`
  assert.equal(await node(out), 'serves\nhas the lease\nends\n')

  const fake = await Fake.listen(t)
  const process = node(out)
  const place = async () => {
    const { id } = await fake.next('place')
    fake.send({ id, event: 'place', seq: 1, state: 'serving', serving: true })
  }
  await place()
  fake.send({ id: (await fake.next('set')).id, version: 1 })
  const { id } = await fake.next('lease')
  fake.send({ id, event: 'granted' })
  assert.equal(await process, 'serves\nhas the lease\nends\n')
})

test('a process that waits for a lease lives until it drains', async (t) => {
  for (const state of ['held', 'draining']) {
    const fake = await Fake.listen(t)
    const ending = node(`
      import { lease } from ${JSON.stringify(index)}
      lease('cron', () => console.log('has the lease'))`)
    const place = await fake.next('place')
    const { id } = await fake.next('lease')
    fake.send({ id: place.id, event: 'place', seq: 1, state, serving: false })
    if (state === 'held') {
      await sleep(200) // more than such a process needs to end
      fake.send({ id, event: 'granted' })
    }
    assert.equal(await ending, state === 'held' ? 'has the lease\n' : '')
  }
})

test('a process that gives a lease back when it has drained ends for lack of work', async (t) => {
  const fake = await Fake.listen(t)
  const ending = node(`
    import { getState, lease } from ${JSON.stringify(index)}
    const alive = setInterval(() => {}, 1e6)
    lease('cron', () => () => (clearInterval(alive), getState('the end of the job')))`)
  const place = await fake.next('place')
  const { id } = await fake.next('lease')
  fake.send({ id: place.id, event: 'place', seq: 1, state: 'serving', serving: true })
  fake.send({ id, event: 'granted' })
  fake.send({ id: place.id, event: 'place', seq: 2, state: 'draining', serving: false })
  fake.send({ id, event: 'revoke' })
  const job = await fake.next('get')
  fake.send({ id: place.id, event: 'drained', seq: 3 }) // the last that hotswap says
  fake.send({ id: job.id, missing: true })
  await fake.next('release')
  fake.send({ id, released: true })
  assert.notEqual((await fake.next('lease')).id, id) // it would have it again after a rollback
  assert.equal(await ending, '')
})

test('below hotswap a worker thread can hold no lease, and hears why', async (t) => {
  const code = `
    import { Worker } from 'node:worker_threads'
    import { once } from 'node:events'
    const worker = new Worker(\`
      import(${JSON.stringify(index)}).then(({ lease }) => {
        try {
          lease('cron', () => console.log('has the lease'))
        } catch (error) {
          console.log(error.code, error.message)
        }
      })\`, { eval: true })
    await once(worker, 'exit')`
  assert.equal(await node(code), 'has the lease\n')
  await Fake.listen(t)
  assert.match(await node(code), /^unavailable the lease cron must be held by the main thread/)
})

test('everything is exported from the ES module, too', async () => {
  const esm = await import(index)
  const { default: cjs } = await import(pathToFileURL(path.join(root, 'index.cjs')).href)
  assert.equal(esm.default, cjs)
  assert.deepEqual(Object.keys(esm).sort(), [...Object.keys(cjs), 'default'].sort())
  const types = fs.readFileSync(path.join(root, 'index.d.ts'), 'utf8')
  const declared = [...types.matchAll(/^export (?:const|function) (\w+)/gm)].map(([, name]) => name)
  assert.deepEqual([...new Set(declared)].sort(), Object.keys(cjs).sort())
})
