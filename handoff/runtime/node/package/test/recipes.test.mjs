// The recipes of docs/place.md for schedulers, as they stand there.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { test } from 'node:test'
import { fresh, until } from './fake.mjs'

const text = fs.readFileSync(new URL('../../../../../docs/place.md', import.meta.url), 'utf8')
const code = (name) => text.match(new RegExp(`^lease\\('${name}', [^]*?^\\}\\)$`, 'm'))[0]

for (const name of ['tick', 'cron']) {
  test(`the recipe ${name} has one job at a time, outlives one that fails, and waits for the last`, async () => {
    let running = 0, runs = 0, finish
    const job = async () => {
      running++
      if (++runs === 2) queueMicrotask(() => finish(new Error('this job fails')))
      const error = await new Promise((done) => (finish = done))
      running--
      if (error) throw error
    }
    let beat
    const ticking = (f) => ((beat = f), 'a timer')
    const stopped = []
    const cron = { schedule: (spec, f) => (ticking(f), { destroy: async () => stopped.push(beat) }) }
    const said = []
    const make = new Function('lease', 'job', 'setInterval', 'clearInterval', 'cron', 'console', `return ${code(name)}`)
    const held = make(fresh().lease, job, ticking, () => stopped.push(beat), cron, { error: (error) => said.push(error.message) })
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
}
