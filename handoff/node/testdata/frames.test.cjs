'use strict'
// node testdata/frames.test.cjs [SEED]: random frames, cut at random places.
const assert = require('assert')
const { Frames, closeFrame, OTHER } = require('../frames.cjs')

let seed = Number(process.argv[2] || Date.now() % 1e9)
console.log('seed', seed)
const random = (n) => {
  seed = (seed * 1103515245 + 12345) % 2147483648
  return Math.floor((seed / 2147483648) * n)
}

function frame() {
  const size = [random(5), 125, 126, 127, random(300), 65535, 65536, random(70000)][random(8)]
  const opcode = [0, 1, 2, 9, 10][random(5)]
  const masked = random(5) === 0
  const wide = size > 65535 ? 8 : size > 125 ? 2 : 0
  const b = Buffer.alloc(2 + wide + (masked ? 4 : 0) + size, random(256))
  b[0] = (random(2) << 7) | (random(2) << 6) | opcode
  b[1] = (masked ? 0x80 : 0) | (wide === 8 ? 127 : wide === 2 ? 126 : size)
  if (wide === 2) b.writeUInt16BE(size, 2)
  if (wide === 8) b.writeBigUInt64BE(BigInt(size), 2)
  return b
}

const head = Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nX: \r \n\r\n\r\n')
for (let run = 0; run < 300; run++) {
  const parts = [head]
  for (let n = random(12); n > 0; n--) parts.push(frame())
  if (random(4) === 0) parts.push(closeFrame(1000, 'bye'))
  const ends = new Set()
  let at = 0
  for (const p of parts) ends.add((at += p.length))
  const all = Buffer.concat(parts)
  const f = new Frames()
  const longest = [1, 3, 20, 5000, all.length][random(5)]
  for (let from = 0; from < all.length; ) {
    const to = Math.min(all.length, from + 1 + random(longest))
    f.push(all.subarray(from, to))
    assert.strictEqual(f.boundary, ends.has(to), `byte ${to} of ${all.length}`)
    from = to
  }
  assert.strictEqual(f.closed, parts.length > 1 && parts[parts.length - 1][0] === 0x88)
}

for (const answer of ['HTTP/1.1 404 Not Found\r\n\r\n\x81\x01a', 'HTTP/1.1 1010 x\r\n\r\n', 'x'.repeat(70000)]) {
  const f = new Frames()
  f.push(Buffer.from(answer, 'latin1'))
  assert.strictEqual(f.state, OTHER)
  assert.strictEqual(f.boundary, false)
}
assert.deepStrictEqual([...closeFrame(1012, 'ab')], [0x88, 4, 0x03, 0xf4, 97, 98])
console.log('ok')
