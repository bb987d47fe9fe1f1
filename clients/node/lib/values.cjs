'use strict'
// What can be a value: JSON, or bytes. All else is refused, because JSON.stringify would
// drop or change it silently.

const { isUint8Array } = require('node:util').types // knows the values of another context (node:vm), too
const { HotswapError } = require('./errors.cjs')

const VALUE = 1024 * 1024 // bytes
const DEEP = 1000

/** Returns the value as fields of a request: {json} or {bytes}, the latter in base64. key
 * is how an error names the value. */
function encode(value, key) {
  const bytes = isUint8Array(value)
  if (!bytes) check(value, [key])
  const data = bytes ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : JSON.stringify(value)
  const size = Buffer.byteLength(data)
  if (size > VALUE) throw new HotswapError(`the value of ${key} has ${size} bytes; the limit is ${VALUE}. Store parts of it under keys of their own, or a path`, 'too-large')
  return bytes ? { bytes: data.toString('base64') } : { json: data }
}

/** Returns the value that an answer has. */
function decode(answer) {
  if (answer.bytes !== undefined) return new Uint8Array(Buffer.from(answer.bytes, 'base64'))
  return answer.value
}

/** Throws a TypeError that names the path of what cannot travel. path is made of the key
 * and the names on the way. */
function check(value, path) {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') refuse(path, `a ${typeof value}`)
  if (typeof value !== 'object') refuse(path, String(value)) // undefined, NaN, Infinity
  if (path.length > DEEP) refuse(path.slice(0, 5), `an object that contains itself, or ${DEEP} others in each other`)
  if (!plain(value)) refuse(path, `an instance of ${value.constructor?.name || 'a class'}`)
  const names = Array.isArray(value) ? value.keys() : Object.keys(value)
  for (const name of names) {
    if (value[name] === undefined && typeof name === 'string') continue // as JSON does
    path.push(name)
    check(value[name], path)
    path.pop()
  }
}

function refuse([key, ...names], what) {
  const at = names.map((name) => (/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? '.' + name : `[${JSON.stringify(name)}]`)).join('')
  throw new TypeError(`${key}${at} is ${what}, which JSON drops or changes: store the plain data that it is made of, and bytes as a value of their own. Keep in this process what belongs to it`)
}

/** Reports whether an object is {…} or […], also of another context (node:vm). */
function plain(object) {
  if (Array.isArray(object)) return true
  const prototype = Object.getPrototypeOf(object)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

module.exports = { encode, decode }
