// Uses the package named by its argument once, in whichever runtime runs this.
import assert from 'node:assert/strict'

const h = await import(process.argv[2])
assert.equal(await h.defineState('a', () => 3), 3)
assert.equal(await h.incrementState('a'), 4)
await h.setState('bytes', new Uint8Array([1, 2]), { ttl: 60000 })
assert.deepEqual(await h.getState('bytes'), new Uint8Array([1, 2]))
await h.setState('large', 'ä'.repeat(500000))
assert.equal((await h.getState('large')).length, 500000)
await Promise.all(Array.from({ length: 3000 }, () => h.updateState('n', (n = 0) => n + 1)))
assert.equal(await h.getState('n'), 3000)
await assert.rejects(h.setState('config', { handlers: [() => {}] }), /config: "0" is a function/)
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
