'use strict'

/** Puts a function in the place of a method, as methods of classes are: not enumerable. */
function hide(object, name, f) {
  Object.defineProperty(object, name, { value: f, writable: true, enumerable: false, configurable: true })
}

module.exports = { hide }
