'use strict'
// What can be a value: JSON, or bytes. All else is refused, because JSON.stringify would
// drop or change it silently.

const { isUint8Array } = require('node:util').types // knows the values of another context (node:vm), too
const { HotswapError } = require('./errors.cjs')

const VALUE = 1024 * 1024 // bytes

/** Returns the value as fields of a request: {json} or {bytes}, the latter in base64. key
 * is how an error names the value. */
function encode(value, key) {
  const bytes = isUint8Array(value)
  const data = bytes ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : stringify(value, key)
  const size = Buffer.byteLength(data)
  if (size > VALUE)
    throw new HotswapError(
      `the value of ${key} has ${size} bytes; the limit is ${VALUE}. Store parts of it under keys of their own, or a path`,
      'too-large',
    )
  return bytes ? { bytes: data.toString('base64') } : { json: data }
}

/** Returns the value that an answer has. */
function decode(answer) {
  if (answer.bytes !== undefined) return new Uint8Array(Buffer.from(answer.bytes, 'base64'))
  return answer.value
}

/** Returns JSON, or throws a TypeError that names the property that cannot travel. */
function stringify(value, key) {
  let at = key
  return JSON.stringify(value, function (name) {
    const v = this[name] // as it was before toJSON
    if (at !== key) at = `${key}: ${JSON.stringify(name)}`
    const what = v === undefined && at !== key && !Array.isArray(this) ? '' : refused(v) // JSON leaves such a property out
    if (what)
      throw new TypeError(
        `${at} is ${what}, which JSON drops or changes: store the plain data that it is made of, and bytes as a value of their own. Keep in this process what belongs to it`,
      )
    at = ''
    return v
  })
}

/** Says what a value is that cannot travel. */
function refused(value) {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') return `a ${typeof value}`
  if (typeof value !== 'object') return String(value) // undefined, NaN, Infinity
  if (!plain(value)) return `an instance of ${value.constructor?.name || 'a class'}`
}

/** Reports whether an object is {…} or […], also of another context (node:vm). */
function plain(object) {
  if (Array.isArray(object)) return true
  const prototype = Object.getPrototypeOf(object)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

module.exports = { encode, decode }
