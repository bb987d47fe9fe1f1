// A hotswap that says what a test has it say, and a fresh copy of the package that is
// connected with it.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'

const require = createRequire(import.meta.url)
const index = require.resolve('../index.cjs')

/** Loads the package as if for the first time. */
export function fresh() {
  for (const file of Object.keys(require.cache))
    if (file.startsWith(path.dirname(index) + path.sep)) delete require.cache[file]
  return require(index)
}

/** Resolves when is() is true. */
export async function until(is, what = is) {
  for (let i = 0; !is(); i++) {
    if (i > 20000) assert.fail(`too long: ${what}`)
    await new Promise((done) => setTimeout(done, 1))
  }
}

/** Collects the warnings of the process until the test ends. */
export function warnings(t) {
  const all = []
  const hear = (warning) => all.push(warning.message)
  process.on('warning', hear)
  t.after(() => process.off('warning', hear))
  return all
}

export class Fake {
  /** Listens. With greets false it does not answer hello. */
  static async listen(t, { greets = true } = {}) {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'fake'))
    const fake = new Fake()
    fake.path = path.join(dir, 's')
    fake.requests = [] // that nobody has taken
    fake.all = [] // that came
    fake.connections = 0
    fake.server = net.createServer((socket) => {
      if (fake.over) return socket.destroy()
      fake.connections++
      fake.socket = socket
      let rest = ''
      socket
        .setEncoding('utf8')
        .on('error', () => {})
        .on('data', (text) => {
          const lines = (rest + text).split('\n')
          rest = lines.pop()
          for (const line of lines) fake.hear(JSON.parse(line), line, greets)
        })
    })
    await new Promise((done) => fake.server.listen(fake.path, done))
    process.env.HOTSWAP_SOCKET = fake.path
    t.after(async () => {
      const connection = require('../lib/connection.cjs').connected()
      delete process.env.HOTSWAP_SOCKET
      fake.end()
      await until(() => !connection || connection.ended)
      await new Promise(setImmediate) // its warnings belong to this test
      fs.rmSync(dir, { recursive: true })
    })
    fake.hotswap = fresh()
    return fake
  }

  hear(request, line, greets) {
    this.all.push({ ...request, bytes: line.length })
    if (request.op === 'hello') {
      this.hello = request
      if (greets) this.send({ id: request.id, version: 1, generation: 3 })
    } else {
      this.requests.push(request)
    }
  }

  /** Resolves to the oldest request with this operation. */
  async next(op) {
    const find = () => this.requests.findIndex((request) => request.op === op)
    await until(() => find() >= 0, op)
    return this.requests.splice(find(), 1)[0]
  }

  send(message) {
    this.socket.write(JSON.stringify(message) + '\n')
  }

  /** Resolves when the client has read all that was sent. */
  async settled() {
    const value = this.hotswap.getState('settled')
    const { id } = await this.next('get')
    this.send({ id, missing: true })
    await value
  }

  end() {
    this.over = true
    this.socket?.destroy()
    this.server.close()
  }
}
