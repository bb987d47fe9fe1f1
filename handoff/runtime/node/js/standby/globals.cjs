'use strict'
// What all code of a program shares: globals, their prototypes and Node's modules. The
// order in which the program and its packages replace something there matters.

const { isLoaded } = require('../internals.cjs')

const MODULES = ['buffer', 'child_process', 'dns', 'events', 'fs', 'http', 'module', 'net',
  'os', 'path', 'stream', 'timers', 'timers/promises', 'url', 'worker_threads', 'fs/promises', 'dns/promises']
// Only these: to look at other globals makes Node load what they need.
const GLOBALS = ['Object', 'Function', 'Array', 'String', 'Number', 'Boolean', 'Symbol', 'BigInt', 'Map', 'Set', 'WeakMap', 'WeakSet',
  'WeakRef', 'Promise', 'Proxy', 'Reflect', 'JSON', 'Math', 'Date', 'RegExp', 'Error', 'TypeError', 'RangeError', 'SyntaxError',
  'AggregateError', 'ArrayBuffer', 'Uint8Array', 'DataView', 'Intl', 'console', 'Buffer', 'URL', 'URLSearchParams', 'AbortController',
  'EventTarget', 'Event', 'TextEncoder', 'TextDecoder', 'setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval',
  'queueMicrotask', 'structuredClone', 'fetch', 'eval', 'parseInt', 'parseFloat', 'isNaN', 'encodeURIComponent', 'decodeURIComponent']
// Only if they are loaded: to load them opens a descriptor, for Node's stderr.
const HEAVY = ['http2', 'https', 'tls'].filter(isLoaded)
// Properties that Node changes itself, or that the observer replaces.
const RESTLESS = new Set(['process.mainModule', 'process.env', 'process.emit', 'module._cache', 'module._pathCache', 'module.runMain',
  'process.exitCode', 'process.stdin', 'process.stdout', 'process.stderr', 'process.emitWarning', 'process._events', 'process._eventsCount'])

/** What is shared, as it was when it was last looked at. */
class Globals {
  constructor() {
    this.all = [] // { name, object, key, was }
    const names = new Set()
    const one = (name, object, key) => {
      if (RESTLESS.has(name) || names.has(name)) return
      names.add(name)
      this.all.push({ name, object, key, was: Reflect.getOwnPropertyDescriptor(object, key) })
    }
    const add = (name, object) => {
      if (object === null || (typeof object !== 'object' && typeof object !== 'function')) return
      for (const key of Reflect.ownKeys(object)) one(name + '.' + String(key), object, key)
    }
    for (const name of GLOBALS) {
      const d = Reflect.getOwnPropertyDescriptor(globalThis, name)
      if (!d) continue
      one('globalThis.' + name, globalThis, name)
      add(name, d.value)
      if (typeof d.value === 'function') add(name + '.prototype', d.value.prototype)
    }
    for (const name of [...MODULES, ...HEAVY]) {
      let exports
      try {
        exports = require(name)
      } catch (e) {
        continue // not in this Node
      }
      add(name, exports)
      for (const key of Object.keys(exports)) {
        const d = Reflect.getOwnPropertyDescriptor(exports, key)
        if (d && typeof d.value === 'function') add(name + '.' + key + '.prototype', d.value.prototype)
      }
    }
    add('process', process) // to require it would make the streams
    add('module._extensions', require('module')._extensions)
  }

  /** Has used and changed called when something of these names is read or replaced. V8 reads
   * properties of Error itself, and none that has an accessor. */
  follow(names, used, changed) {
    const wanted = new Set(names)
    for (const one of this.all) {
      const { name, object, key, was } = one
      if (!wanted.has(name) || name.startsWith('Error.') || !was || !('value' in was) || !was.configurable) continue
      let { value } = was
      Object.defineProperty(object, key, {
        configurable: true,
        enumerable: was.enumerable,
        get: () => (used(name), value),
        set: (v) => (changed(name), (value = v)),
      })
      one.was = Reflect.getOwnPropertyDescriptor(object, key)
    }
  }

  /** The names of what has another value now, or is gone. A new name does no harm. */
  changes() {
    const out = []
    for (const one of this.all) {
      const { was } = one
      const is = Reflect.getOwnPropertyDescriptor(one.object, one.key)
      if (is === undefined ? was === undefined : was && is.value === was.value && is.get === was.get && is.set === was.set) continue
      one.was = is
      if (is && was && was.get && 'value' in is) continue // Node creates some values on demand
      if (is && was && is.value !== is.value && was.value !== was.value) continue // NaN
      out.push(one.name)
    }
    return out
  }
}

module.exports = { Globals }
