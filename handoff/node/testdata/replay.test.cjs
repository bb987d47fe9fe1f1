'use strict'
// What a program reads of a WebSocket that has come with messages to be repeated, and
// when.
const assert = require('assert')

// Time stands still until a test says so.
const timers = require('timers')
let later = []
timers.setTimeout = (f) => {
  const timer = { f, unref: () => timer }
  later.push(timer)
  return timer
}
timers.clearTimeout = (timer) => (later = later.filter((t) => t !== timer))
timers.setImmediate = (f) => later.push({ f, soon: true })
function pass(soon) {
  const due = later.filter((t) => !!t.soon === soon)
  later = later.filter((t) => !due.includes(t))
  for (const t of due) t.f()
  return due.length
}

const { begin, first } = require('../replay.cjs')

const request = Buffer.from('GET /feed HTTP/1.1\r\nUpgrade: websocket\r\n\r\n')
/** A masked frame as a client sends it. */
function frame(text, opcode = 1, final = true) {
  return Buffer.concat([Buffer.from([(final ? 0x80 : 0) | opcode, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)])
}
const greeting = frame('greeting'), wish = frame('wish'), more = frame('more')

class Kept {
  constructor() {
    this.socket = { destroyed: false, pushed: [], push(part) { this.pushed.push(part) } }
    this.out = { answered: '', messages: 0 }
    this.read = []
    this.rest = null
    this.halted = 0
  }
  halt() { this.halted++ }
  give(part) { this.read.push(part) }
  repeated(part) { this.rest = part }
}

const tests = {
  'nothing to repeat is read at once'() {
    const kept = new Kept()
    const all = Buffer.concat([request, greeting, wish])
    assert.strictEqual(first(kept.socket, all, 0), all)
    assert.strictEqual(begin(kept.socket, kept), null)
    assert.strictEqual(kept.halted, 0)
  },
  'one after the other, each when there is an answer'() {
    const kept = new Kept()
    assert.deepStrictEqual(first(kept.socket, Buffer.concat([request, greeting, wish, more]), 2), Buffer.concat([request, greeting]))
    const replay = begin(kept.socket, kept)
    assert.strictEqual(kept.halted, 1)
    assert.strictEqual(later.length, 0, 'the time begins with the answer to the upgrade')
    kept.out.answered = 'HTTP/1.1 101 …'
    replay.wrote()
    assert.deepStrictEqual(kept.read, [])
    kept.out.messages = 2
    replay.wrote()
    replay.wrote()
    assert.strictEqual(pass(true), 1)
    assert.deepStrictEqual([kept.read, kept.rest], [[wish], null])
    kept.out.messages = 3
    replay.wrote()
    pass(true)
    assert.deepStrictEqual([kept.read, kept.rest], [[wish], more])
    assert.strictEqual(later.length, 0)
  },
  'without an answer after a while'() {
    const kept = new Kept()
    first(kept.socket, Buffer.concat([request, greeting, wish]), 2)
    const replay = begin(kept.socket, kept)
    kept.out.answered = 'HTTP/1.1 101 …'
    replay.wrote()
    assert.strictEqual(pass(false), 1)
    assert.deepStrictEqual([kept.read, kept.rest], [[wish], null])
    assert.strictEqual(pass(false), 1)
    assert.deepStrictEqual([kept.read, kept.rest.length], [[wish], 0])
  },
  'a message in fragments, a ping among them, is one'() {
    const kept = new Kept()
    const parts = [frame('gre', 1, false), frame('', 9), frame('eting', 0)]
    const at = first(kept.socket, Buffer.concat([request, ...parts, wish]), 1)
    assert.deepStrictEqual(at, Buffer.concat([request, ...parts]))
  },
  'where nothing is followed all is read'() {
    const { socket } = new Kept()
    first(socket, Buffer.concat([request, greeting, wish, more]), 2)
    assert.strictEqual(begin(socket, null), null)
    assert.deepStrictEqual(socket.pushed, [wish, more])
  },
  'not to a socket that has gone'() {
    const kept = new Kept()
    first(kept.socket, Buffer.concat([request, greeting, wish]), 2)
    const replay = begin(kept.socket, kept)
    kept.out.answered = 'HTTP/1.1 101 …'
    replay.wrote()
    kept.socket.destroyed = true
    pass(false)
    assert.deepStrictEqual([kept.read, kept.rest], [[], null])
  },
}

for (const [name, test] of Object.entries(tests)) {
  later = []
  try {
    test()
  } catch (e) {
    console.error(`FAIL ${name}: ${e.stack}`)
    process.exitCode = 1
  }
}
