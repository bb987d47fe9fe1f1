'use strict'
// The keys and values of a process that hotswap does not run: what hotswap's store does,
// without a file.

const { performance } = require('node:perf_hooks')
const timers = require('node:timers')
const { HotswapError } = require('./errors.cjs')
const { TOTAL, KEYS } = require('./limits.cjs')

const LONGEST = 2 ** 31 - 1 // of a timer

class Table {
  /** changed(key, item, version) is called after each change; item is undefined if the key
   * is gone. */
  constructor(changed) {
    this.changed = changed
    this.items = new Map() // key → {json} or {bytes}, size, version, expires, timer
    this.version = 0
    this.size = 0
  }

  get(key) {
    const item = this.items.get(key)
    if (!item || item.expires > performance.now()) return item
    this.remove(key, item)
  }

  /** ifVersion undefined: whatever there is. 0: there must be none. */
  set(key, encoded, ttlMs, ifVersion) {
    this.expect(key, ifVersion)
    return this.put(key, encoded, ttlMs === undefined ? Infinity : performance.now() + ttlMs)
  }

  add(key, by) {
    const item = this.get(key)
    const old = item ? item.json : '0'
    if (!/^-?[0-9]+$/.test(old)) throw new HotswapError(`${key} has another value than an integer`, 'type')
    const sum = BigInt(old) + BigInt(by)
    if (BigInt.asIntN(64, sum) !== sum) throw new HotswapError(`the sum of ${key} needs more than 64 bits`, 'type')
    return this.put(key, { json: String(sum) }, item ? item.expires : Infinity)
  }

  delete(key, ifVersion) {
    this.expect(key, ifVersion)
    const item = this.get(key)
    if (item) this.remove(key, item)
    return item !== undefined
  }

  /** Returns the keys that begin with prefix, in order, each with its item, which may expire at
   * any time. */
  entries(prefix) {
    const found = []
    for (const key of [...this.items.keys()]) {
      const item = key.startsWith(prefix) && this.get(key)
      if (item) found.push({ key, item, order: Buffer.from(key) })
    }
    return found.sort((a, b) => Buffer.compare(a.order, b.order))
  }

  expect(key, ifVersion) {
    if (ifVersion === undefined) return
    const version = this.get(key)?.version ?? 0
    if (version !== ifVersion) throw new HotswapError(`${key} has version ${version}, not ${ifVersion}`, 'version', version)
  }

  put(key, encoded, expires) {
    const size = Buffer.byteLength(key) + (encoded.bytes === undefined ? Buffer.byteLength(encoded.json) : Buffer.byteLength(encoded.bytes, 'base64'))
    const old = this.items.get(key)
    const total = this.size - (old ? old.size : 0) + size
    if (total > TOTAL && total > this.size) throw new HotswapError(`the store has its ${TOTAL} bytes`, 'full')
    if (!old && this.items.size >= KEYS) throw new HotswapError(`the store has its ${KEYS} keys`, 'full')
    timers.clearTimeout(old?.timer)
    const item = { ...encoded, size, version: ++this.version, expires, timer: undefined }
    this.size = total
    this.items.set(key, item)
    this.expire(key, item)
    this.changed(key, item, item.version)
    return item
  }

  /** Removes the item at its time, so that those who watch it hear of that. */
  expire(key, item) {
    if (item.expires === Infinity) return
    const left = Math.max(item.expires - performance.now(), 0)
    item.timer = timers.setTimeout(() => {
      if (this.items.get(key) === item && this.get(key)) this.expire(key, item)
    }, Math.min(Math.ceil(left), LONGEST))
    item.timer.unref()
  }

  remove(key, item) {
    timers.clearTimeout(item.timer)
    this.items.delete(key)
    this.size -= item.size
    this.changed(key, undefined, ++this.version)
  }
}

module.exports = { Table }
