'use strict'

/** Returns a copy of an object, whose accessors read the given object: those of a class may need
 * its private fields. */
function copy(given) {
  const out = Object.assign(Object.create(Object.getPrototypeOf(given)), given)
  for (let o = Object.getPrototypeOf(given); o !== null && o !== Object.prototype; o = Object.getPrototypeOf(o)) {
    for (const name of Object.getOwnPropertyNames(o)) {
      if (Object.hasOwn(out, name) || !Object.getOwnPropertyDescriptor(o, name).get) continue
      Object.defineProperty(out, name, { get: () => given[name], enumerable: false, configurable: true })
    }
  }
  return out
}

module.exports = { copy }
