// node bench.mjs OUT: times calls of the package hotswap-dev, and writes a line of JSON into the file OUT.
// node bench.mjs OUT race N: has eight processes define N keys.
import { spawn } from 'node:child_process'
import { renameSync, writeFileSync } from 'node:fs'
import { defineState, getState, incrementState, listState, setState, updateState } from 'hotswap-dev'

const [out, mode, n] = process.argv.slice(2)

const value = { name: 'x'.repeat(80) }
const operations = {
  get: () => getState('value'),
  set: () => setState('value', value),
  update: () => updateState('number', (old = 0) => old + 1),
  increment: () => incrementState('sum'),
}

async function times(f, calls) {
  const took = []
  for (let i = 0; i < calls; i++) {
    const begin = process.hrtime.bigint()
    await f()
    took.push(Number(process.hrtime.bigint() - begin) / 1000)
  }
  took.sort((a, b) => a - b)
  return { median: took[calls >> 1], p99: took[Math.floor(calls * 0.99)] }
}

async function rate(f, calls, atOnce) {
  let left = calls
  const worker = async () => {
    while (left-- > 0) await f()
  }
  const begin = process.hrtime.bigint()
  await Promise.all(Array.from({ length: atOnce }, worker))
  return calls / (Number(process.hrtime.bigint() - begin) / 1e9)
}

async function bench() {
  const calls = Number(process.env.CALLS ?? 5000)
  await setState('value', value)
  const results = {}
  for (const [name, f] of Object.entries(operations)) {
    await times(f, Math.min(calls, 1000))
    // Updates of one key at once would wait for each other.
    results[name] = { ...(await times(f, calls)), rate: name === 'update' ? await rate(f, calls, 1) : await rate(f, calls * 4, 64) }
  }
  return results
}

function racer() {
  return new Promise((done, fail) => {
    const p = spawn(process.execPath, [process.argv[1], out, 'racer', n], { stdio: 'inherit' })
    p.on('exit', (code) => (code === 0 ? done() : fail(new Error(`a racer ended with ${code}`))))
  })
}

async function race() {
  const begin = process.hrtime.bigint()
  await Promise.all(Array.from({ length: 8 }, racer))
  const ms = Number(process.hrtime.bigint() - begin) / 1e6
  const runs = await Promise.all((await listState('runs/')).map(({ key }) => getState(key)))
  return { ms, keys: runs.length, more: runs.filter((r) => r !== 1).length }
}

async function define() {
  const values = await Promise.all(
    Array.from({ length: Number(n) }, (_, i) => defineState(`key/${i}`, async () => (await incrementState(`runs/${i}`), i))),
  )
  if (values.some((v, i) => v !== i)) throw new Error('a key has the value of another')
}

if (mode === 'racer') {
  await define()
  process.exit()
}
const results = await (mode === 'race' ? race() : bench())
writeFileSync(out + '~', JSON.stringify(results) + '\n')
renameSync(out + '~', out)
setInterval(() => {}, 1e9)
