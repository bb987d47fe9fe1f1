'use strict'
// node testdata/frames.test.cjs [SEED]: random frames, cut at random places.
const assert = require('assert')
const { Frames, closeFrame, FRAME, OTHER } = require('../../js/websocket/frames.cjs')

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
for (let run = 0; run < 30; run++) {
  const parts = [head]
  for (let n = random(12); n > 0; n--) parts.push(frame())
  if (random(4) === 0) parts.push(closeFrame(1000, 'bye'))
  const ends = new Set()
  let at = 0
  for (const p of parts) ends.add((at += p.length))
  const all = Buffer.concat(parts)
  const f = new Frames()
  const longest = [1, 3, 20, 5000, all.length][random(5)]
  for (let from = 0; from < all.length;) {
    const to = Math.min(all.length, from + 1 + random(longest))
    f.push(all.subarray(from, to))
    assert.strictEqual(f.boundary, ends.has(to), `byte ${to} of ${all.length}`)
    from = to
  }
  assert.strictEqual(f.closed, parts.length > 1 && parts[parts.length - 1][0] === 0x88)
}

// Messages: of one frame or several, with control frames between them, as a client
// sends them. They are followed whole, or each time to where all is at rest.
for (let run = 0; run < 30; run++) {
  const parts = []
  const rests = new Set()
  let at = 0
  let messages = 0
  const put = (b0, rest) => {
    const b = frame()
    b[0] = b0
    parts.push(b)
    at += b.length
    if (rest) rests.add(at)
  }
  for (let n = 1 + random(8); n > 0; n--) {
    if (random(4) === 0) put(0x89 + random(2), true)
    const frames = 1 + random(3)
    for (let i = 0; i < frames; i++) {
      if (i > 0 && random(3) === 0) put(0x89, false)
      const last = i === frames - 1
      put((last ? 0x80 : 0) | (i === 0 ? 1 + random(2) : 0), last)
    }
    messages++
  }
  const all = Buffer.concat(parts)
  const longest = [1, 3, 20, 5000, all.length][random(5)]
  const f = new Frames(FRAME)
  const g = new Frames(FRAME)
  const found = new Set()
  for (let from = 0; from < all.length;) {
    const to = Math.min(all.length, from + 1 + random(longest))
    assert.strictEqual(f.push(all.subarray(from, to)), to - from)
    assert.strictEqual(f.rest, rests.has(to), `byte ${to} of ${all.length}`)
    for (let seen = from; seen < to;) {
      seen += g.push(all.subarray(seen, to), true)
      if (g.rest) found.add(seen)
    }
    from = to
  }
  assert.deepStrictEqual(found, rests)
  assert.strictEqual(f.messages, messages)
  assert.strictEqual(g.messages, messages)
}

for (const answer of ['HTTP/1.1 404 Not Found\r\n\r\n\x81\x01a', 'HTTP/1.1 1010 x\r\n\r\n', 'x'.repeat(70000)]) {
  const f = new Frames()
  f.push(Buffer.from(answer, 'latin1'))
  assert.strictEqual(f.state, OTHER)
  assert.strictEqual(f.boundary, false)
}
assert.deepStrictEqual([...closeFrame(1012, 'ab')], [0x88, 4, 0x03, 0xf4, 97, 98])
console.log('ok')
