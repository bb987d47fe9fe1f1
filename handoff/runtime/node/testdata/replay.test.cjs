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

const { begin, first, release } = require('../js/websocket/replay.cjs')

const request = Buffer.from('GET /feed HTTP/1.1\r\nUpgrade: websocket\r\n\r\n')
/** A masked frame as a client sends it. */
function frame(text, opcode = 1, final = true) {
  return Buffer.concat([Buffer.from([(final ? 0x80 : 0) | opcode, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)])
}
const greeting = frame('greeting'), wish = frame('wish'), more = frame('more')

class Kept {
  constructor() {
    this.socket = { destroyed: false, pushed: [], push(part) { this.pushed.push(part) } }
    this.socket._handle = Object.create({ reading: false, readStart() { this.reading = 'yes' } })
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
  'what was not seen comes behind the answer to the upgrade'() {
    const kept = new Kept()
    assert.deepStrictEqual(first(kept.socket, Buffer.concat([request, greeting, wish]), 0), request)
    const replay = begin(kept.socket, kept)
    assert.strictEqual(kept.halted, 1)
    kept.out.answered = 'HTTP/1.1 101 …'
    replay.wrote()
    assert.strictEqual(kept.rest, null, 'the answer is being written')
    assert.strictEqual(pass(true), 1)
    assert.deepStrictEqual([kept.read, kept.rest], [[], Buffer.concat([greeting, wish])])
  },
  'one after the other, each when there is an answer'() {
    const kept = new Kept()
    assert.deepStrictEqual(first(kept.socket, Buffer.concat([request, greeting, wish, more]), 2), request)
    const replay = begin(kept.socket, kept)
    assert.strictEqual(later.length, 0, 'the time begins with the answer to the upgrade')
    kept.out.answered = 'HTTP/1.1 101 …'
    replay.wrote()
    pass(true)
    assert.deepStrictEqual(kept.read, [greeting])
    kept.out.messages = 2
    replay.wrote()
    replay.wrote()
    assert.strictEqual(pass(true), 1)
    assert.deepStrictEqual([kept.read, kept.rest], [[greeting, wish], null])
    kept.out.messages = 3
    replay.wrote()
    pass(true)
    assert.deepStrictEqual([kept.read, kept.rest], [[greeting, wish], more])
    assert.strictEqual(later.length, 0)
  },
  'without an answer after a while'() {
    const kept = new Kept()
    first(kept.socket, Buffer.concat([request, greeting, wish]), 2)
    const replay = begin(kept.socket, kept)
    kept.out.answered = 'HTTP/1.1 101 …'
    replay.wrote()
    pass(true)
    assert.strictEqual(pass(false), 1)
    assert.deepStrictEqual([kept.read, kept.rest], [[greeting, wish], null])
    assert.strictEqual(pass(false), 1)
    assert.deepStrictEqual([kept.read, kept.rest.length], [[greeting, wish], 0])
  },
  'a message in fragments, a ping among them, is one'() {
    const kept = new Kept()
    const parts = [frame('gre', 1, false), frame('', 9), frame('eting', 0)]
    first(kept.socket, Buffer.concat([request, ...parts, wish]), 1)
    const replay = begin(kept.socket, kept)
    kept.out.answered = 'HTTP/1.1 101 …'
    replay.wrote()
    pass(true)
    assert.deepStrictEqual(kept.read, [Buffer.concat(parts)])
  },
  'where nothing is followed all is read when the program has answered'() {
    const { socket } = new Kept()
    first(socket, Buffer.concat([request, greeting, wish, more]), 2)
    assert.strictEqual(begin(socket, null), null)
    release(socket)
    assert.deepStrictEqual([socket.pushed, socket._handle.reading], [[], false])
    pass(true)
    assert.deepStrictEqual([socket.pushed, socket._handle.reading], [[greeting, wish, more], 'yes'])
  },
  'fewer messages than are to be repeated'() {
    const kept = new Kept()
    first(kept.socket, Buffer.concat([request, greeting.subarray(0, 3)]), 2)
    assert.ok(begin(kept.socket, kept))
  },
  'not to a socket that has gone'() {
    const kept = new Kept()
    first(kept.socket, Buffer.concat([request, greeting, wish]), 2)
    const replay = begin(kept.socket, kept)
    kept.out.answered = 'HTTP/1.1 101 …'
    replay.wrote()
    kept.socket.destroyed = true
    assert.strictEqual(pass(true), 1)
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
