// Several processes of a generation, which share hotswap's store.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { namespace } from '../index.mjs'

const index = new URL('../index.mjs', import.meta.url).href
const options = { skip: !process.env.HOTSWAP_SOCKET && 'each process has a memory of its own' }

/** A process that runs code, which has the package as h and functions of a namespace as s. */
class Child {
  constructor(t, name, code) {
    this.process = spawn(process.execPath, ['--input-type=module', '-e', `
      import * as h from ${JSON.stringify(index)}
      const s = h.namespace(${JSON.stringify(name)})
      const say = (text) => console.log(text)
      ${code}`], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]()
    t.after(() => this.process.kill('SIGKILL'))
  }

  /** Resolves to the next line that it says. */
  async line() {
    return (await this.lines.next()).value
  }

  async kill() {
    this.process.kill('SIGKILL')
    await once(this.process, 'exit')
  }
}

test('when the process of an initializer dies, another runs its own', options, async (t) => {
  const s = namespace('dies-' + process.pid)
  const child = new Child(t, 'dies-' + process.pid, `
    setInterval(() => {}, 1e6)
    await s.defineState('a', () => (say('runs'), new Promise(() => {})))`)
  assert.equal(await child.line(), 'runs')
  const value = s.defineState('a', () => 'mine')
  await s.getState('a')
  await child.kill()
  assert.equal(await value, 'mine')
})

test('when the process that has a lease dies, another gets it', options, async (t) => {
  const name = 'lease-' + process.pid
  const code = `h.lease('${name}', () => { say('has it'); setInterval(() => {}, 1e6) })`
  const first = new Child(t, name, code)
  assert.equal(await first.line(), 'has it')
  const second = new Child(t, name, code)
  const granted = second.line()
  await first.kill()
  assert.equal(await granted, 'has it')
})

test('updates and increments of 4 processes are exact', options, async (t) => {
  const s = namespace('exact-' + process.pid)
  const children = Array.from({ length: 4 }, () => new Child(t, 'exact-' + process.pid, `
    const list = Array.from({ length: 250 })
    await Promise.all([...list.map(() => s.incrementState('n')), ...list.map(() => s.updateState('u', (n = 0) => n + 1))])
    say('done')`))
  for (const child of children) assert.equal(await child.line(), 'done')
  assert.equal(await s.getState('n'), 1000)
  assert.equal(await s.getState('u'), 1000)
})
