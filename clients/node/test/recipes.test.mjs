// What the documentation shows, as it stands there: the first program of docs/state.md, and
// the recipe of the client's README for a scheduler.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import fs from 'node:fs'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { fresh, until } from './fake.mjs'

const page = (name) => fs.readFileSync(new URL('../../../docs/' + name, import.meta.url), 'utf8')
const [code] = page('../clients/node/README.md').match(/^lease\('cron', [^]*?^\}\)$/m)

test('the first program of the documentation runs', async () => {
  const [, program] = page('state.md').match(/```js\n([^]*?)```/)
  const code = program
    .replace("'hotswap-dev'", JSON.stringify(new URL('../index.mjs', import.meta.url)))
    .replace('listen(4000)', 'listen(0)')
  const ask = `
    for (let i = 0; i < 2; i++) {
      if (!server.listening) await new Promise((done) => server.once('listening', done))
      console.log(await (await fetch('http://127.0.0.1:' + server.address().port)).text())
    }
    process.exit()`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code + ask], {
    timeout: 60000,
  })
  assert.equal(stdout, '1 visits, tea costs 3\n\n2 visits, tea costs 3\n\n')
})

test('the recipe cron has one job at a time, outlives one that fails, and waits for the last', async () => {
  let running = 0,
    runs = 0,
    finish
  const job = async () => {
    running++
    if (++runs === 2) queueMicrotask(() => finish(new Error('this job fails')))
    const error = await new Promise((done) => (finish = done))
    running--
    if (error) throw error
  }
  let beat
  const stopped = []
  const cron = { schedule: (spec, f) => ((beat = f), { destroy: async () => stopped.push(beat) }) }
  const said = []
  const make = new Function('lease', 'job', 'cron', 'console', `return ${code}`)
  const held = make(fresh().lease, job, cron, { error: (error) => said.push(error.message) })
  await until(() => beat)
  for (let i = 0; i < 3; i++) beat() // longer than the interval
  assert.equal(runs, 1)
  finish()
  await until(() => (beat(), runs === 2))
  await until(() => said.length === 1)
  assert.deepEqual(said, ['this job fails'])
  await until(() => (beat(), runs === 3))
  beat()
  let over = false
  const ended = held.stop().then(() => (over = true))
  await until(() => stopped.length === 1)
  await new Promise(setImmediate)
  assert.equal(over, false)
  assert.equal(running, 1)
  finish()
  await ended
  assert.equal(running, 0)
})
