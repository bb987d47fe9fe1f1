'use strict'
// What all code of a program shares: globals, their prototypes and the runtime's modules. The
// order in which the program and its packages replace something there matters. Bun's adapter
// loads this file, too.

const { safely } = require('../common.cjs')

/** Returns what is shared, as { name, object, key }. globals and modules are names, and load loads a module. */
function* shared({ globals, modules, load = require }) {
  const names = new Set()
  function* one(name, object, key) {
    if (names.has(name)) return
    names.add(name)
    yield { name, object, key }
  }
  function* add(name, object) {
    if (object === null || (typeof object !== 'object' && typeof object !== 'function')) return
    for (const key of Reflect.ownKeys(object)) yield* one(name + '.' + String(key), object, key)
  }
  const value = (object, key) => (Reflect.getOwnPropertyDescriptor(object, key) || {}).value
  function* addPrototype(name, f) {
    if (typeof f === 'function') yield* add(name + '.prototype', value(f, 'prototype'))
  }
  for (const key of globals) {
    if (!Object.prototype.hasOwnProperty.call(globalThis, key)) continue
    const name = String(key)
    yield* one('globalThis.' + name, globalThis, key)
    yield* add(name, value(globalThis, key))
    yield* addPrototype(name, value(globalThis, key))
  }
  for (const name of modules) {
    const exports = safely(load, name)
    if (exports === undefined) continue // not in this version
    yield* add(name, exports)
    for (const key of Object.keys(exports)) yield* addPrototype(name + '.' + key, value(exports, key))
  }
  yield* add('process', process) // to require it would make the streams
  yield* add('module._extensions', require('module')._extensions)
}

/** What is shared, as it was when it was last looked at. */
class Globals {
  /** restless reports whether the runtime itself changes what has a name. */
  constructor({ globals, modules, restless }) {
    this.all = [] // { name, object, key, was }
    for (const one of shared({ globals, modules })) {
      if (!restless(one.name)) this.all.push({ ...one, was: Reflect.getOwnPropertyDescriptor(one.object, one.key) })
    }
  }

  /** Follows nothing any more that has another value each time. */
  settle() {
    this.changes()
    const restless = new Set(this.changes())
    this.all = this.all.filter(({ name }) => !restless.has(name))
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
    }
    this.changes() // of these, some have several names
  }

  /** The names of what has another value now, or is gone. A new name does no harm. */
  changes() {
    const out = []
    for (const one of this.all) {
      const { was } = one
      const is = Reflect.getOwnPropertyDescriptor(one.object, one.key)
      if (
        is === undefined ? was === undefined : was && is.value === was.value && is.get === was.get && is.set === was.set
      )
        continue
      one.was = is
      if (is && was && was.get && 'value' in is) continue // the runtime creates some values on demand
      if (is && was && is.value !== is.value && was.value !== was.value) continue // NaN
      out.push(one.name)
    }
    return out
  }
}

module.exports = { Globals, shared }
