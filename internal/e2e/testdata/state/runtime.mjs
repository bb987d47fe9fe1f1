// Uses the package named by its argument once, in whichever runtime runs this.
import assert from 'node:assert/strict'

const h = await import(process.argv[2])
const s = h.namespace('runtime')
assert.equal(await s.defineState('a', () => 3), 3)
assert.equal(await s.incrementState('a'), 4)
const seen = []
const end = await s.watchState({ prefix: '' }, ({ value }) => void seen.push(value))
assert.deepEqual(seen, [4])
end()
await s.setState('bytes', new Uint8Array([1, 2]), { ttl: 60000 })
assert.deepEqual(await s.getState('bytes'), new Uint8Array([1, 2]))
await s.setState('large', 'ä'.repeat(500000))
assert.equal((await s.getState('large')).length, 500000)
await Promise.all(Array.from({ length: 3000 }, () => s.updateState('n', (n = 0) => n + 1)))
assert.equal(await s.getState('n'), 3000)
await assert.rejects(s.setState('config', { handlers: [() => {}] }), /config\.handlers\[0\] is a function/)
const calls = []
const held = await new Promise((granted) => {
  const lease = h.lease('runtime', () => {
    granted(lease)
    return () => void calls.push('cleanup')
  })
})
await held.stop()
assert.deepEqual(calls, ['cleanup'])
assert.equal(h.generation, Number(process.env.HOTSWAP_GENERATION || 1))
console.log('all is well')
