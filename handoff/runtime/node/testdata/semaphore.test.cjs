'use strict'
// How many WebSockets are on their way at once, and whose turn is next.
const assert = require('assert')
const thread = require('../js/connection.cjs')
let moved
thread.on = (type, f) => (moved = f)
const { acquire } = require('../js/websocket/semaphore.cjs')

const turns = []
const slots = Array.from({ length: 100 }, (_, n) => acquire(() => turns.push(n)))
const upTo = (n) => assert.deepStrictEqual(turns, Array.from({ length: n }, (_, i) => i))
upTo(32)
assert.ok(slots[31].taken && !slots[32].taken)

slots[0].free() // it was told instead
upTo(33)
slots[0].free()
upTo(33)

slots[1].pass()
slots[1].free() // it is over for us, and not for its client
upTo(33)
moved()
upTo(34)

slots[34].free() // its client left before its turn
slots[2].free()
assert.deepStrictEqual([turns.length, turns[34]], [35, 35])

for (let i = 0; i < 200; i++) moved()
assert.strictEqual(turns.length, 99)
assert.strictEqual(new Set(turns).size, 99)

// Many get more at once, or the last would wait for ever.
for (let i = 0; i < 200; i++) moved()
turns.length = 0
for (let n = 0; n < 10000; n++) acquire(() => turns.push(n))
assert.ok(turns.length > 250 && turns.length < 350, `${turns.length}`)
