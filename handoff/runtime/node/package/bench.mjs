// Measures state from Node: one request after the other, and 256 at a time.
//
//	hotswap -- node handoff/runtime/node/package/bench.mjs
import { performance } from 'node:perf_hooks'
import { getState, incrementState, setState, updateState } from './index.mjs'

const REQUESTS = 20000
const AT_A_TIME = 256
const value = { user: 'someone', visits: 17, seen: ['a', 'b', 'c'], text: 'x'.repeat(40) } // 100 bytes

const operations = {
  get: (i) => getState('bench/' + (i % 100)),
  set: (i) => setState('bench/' + (i % 100), value),
  increment: () => incrementState('bench/n'),
  'update (get and set)': (i) => updateState('bench/u' + (i % 100), (n = 0) => n + 1),
}

async function oneByOne(f) {
  const times = new Float64Array(REQUESTS)
  for (let i = 0; i < REQUESTS; i++) {
    const begin = performance.now()
    await f(i)
    times[i] = (performance.now() - begin) * 1000
  }
  times.sort()
  return { median: times[REQUESTS / 2], p99: times[REQUESTS * 0.99] }
}

async function pipelined(f) {
  let next = 0
  const begin = performance.now()
  await Promise.all(Array.from({ length: AT_A_TIME }, async () => {
    while (next < 5 * REQUESTS) await f(next++)
  }))
  return (5 * REQUESTS) / ((performance.now() - begin) / 1000)
}

console.log(`Node ${process.versions.node}, ${process.env.HOTSWAP_SOCKET ? 'hotswap' : 'in memory'}`)
for (let i = 0; i < 100; i++) await setState('bench/' + i, value)
for (const [name, f] of Object.entries(operations)) {
  for (let i = 0; i < 2000; i++) await f(i)
  const { median, p99 } = await oneByOne(f)
  const rate = await pipelined(f)
  console.log(`${name.padEnd(22)} median ${median.toFixed(0).padStart(4)} µs, p99 ${p99.toFixed(0).padStart(4)} µs; ${AT_A_TIME} at a time ${Math.round(rate / 100) * 100} a second`)
}
console.log('done')
