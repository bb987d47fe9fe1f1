'use strict'
// What all code of a process shares: globals, their prototypes and Bun's modules. The order in
// which the program and its packages replace something there matters.

const MODULES = ['buffer', 'child_process', 'crypto', 'dns', 'events', 'fs', 'fs/promises', 'http', 'https', 'module', 'net', 'os',
  'path', 'stream', 'timers', 'timers/promises', 'tls', 'url', 'util', 'worker_threads', 'zlib']
// What Bun changes itself.
const RESTLESS = /^(process\.(_events|_eventsCount|_exiting|exitCode|title|mainModule|env)|Error\.(prepareStackTrace|stackTraceLimit)|module\.(_cache|_pathCache)|RegExp\..*)$/

/** Returns everything as name → descriptor. before: of these names alone. */
function snapshot(before) {
  const all = new Map()
  const add = (name, object) => {
    if (object === null || (typeof object !== 'object' && typeof object !== 'function')) return
    for (const key of Reflect.ownKeys(object)) {
      const full = name + '.' + String(key)
      if (RESTLESS.test(full) || all.has(full) || (before && !before.has(full))) continue
      all.set(full, Reflect.getOwnPropertyDescriptor(object, key))
    }
  }
  const addClass = (name, f) => {
    add(name, f)
    if (typeof f === 'function') add(name + '.prototype', Reflect.getOwnPropertyDescriptor(f, 'prototype')?.value)
  }
  add('globalThis', globalThis)
  for (const [name, d] of [...all]) if ('value' in d && d.value !== globalThis) addClass(name.slice('globalThis.'.length), d.value)
  for (const name of MODULES) {
    const exports = require(name)
    add(name, exports)
    for (const key of Object.keys(exports)) {
      const d = Reflect.getOwnPropertyDescriptor(exports, key)
      if (d && 'value' in d && typeof d.value === 'function') add(name + '.' + key + '.prototype', Reflect.getOwnPropertyDescriptor(d.value, 'prototype')?.value)
    }
  }
  add('module._extensions', require('node:module')._extensions)
  return all
}

/** The names of what has another value now, or is gone, which before then has no more. A new name
 * does no harm. */
function changes(before) {
  const now = snapshot(before)
  const out = []
  for (const [name, was] of before) {
    const is = now.get(name)
    if (is && was.get && 'value' in is) before.set(name, is) // Bun creates some values on demand
    else if (!is || !Object.is(is.value, was.value) || is.get !== was.get || is.set !== was.set) {
      out.push(name)
      before.delete(name)
    }
  }
  return out.slice(0, 5)
}

module.exports = { snapshot, changes }
