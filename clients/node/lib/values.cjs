'use strict'
// What can be a value: JSON, or bytes. All else is refused, because JSON.stringify would
// drop or change it silently.

const { types } = require('node:util') // which knows the values of another context (node:vm), too
const { HotswapError } = require('./errors.cjs')
const { VALUE } = require('./limits.cjs')

const DEEP = 1000
const FEW = 1000 // elements of an array whose names are looked at; for more that would take longer than all else
const LOCAL = 'keep it in this process with defineLocal()'

/** Returns the value as fields of a request: {json} or {bytes}, the latter in base64. key
 * is how an error names the value. */
function encode(value, key) {
  if (types.isUint8Array(value)) {
    if (value.byteLength > VALUE) throw tooLarge(key, value.byteLength)
    return { bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') }
  }
  check(value, [key], [])
  const json = JSON.stringify(value)
  if (json.length * 3 > VALUE && Buffer.byteLength(json) > VALUE) throw tooLarge(key, Buffer.byteLength(json))
  return { json }
}

/** Returns the value that an answer has. */
function decode(answer) {
  if (answer.bytes !== undefined) return new Uint8Array(Buffer.from(answer.bytes, 'base64'))
  return answer.value
}

function tooLarge(key, size) {
  return new HotswapError(`the value of ${key} has ${size} bytes; the limit is ${VALUE}. Store parts of it under keys of their own, or a path`, 'too-large')
}

/** Throws a TypeError that names the path of what cannot travel. path is made of the key
 * and the names on the way; above are the objects on the way. */
function check(value, path, above) {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return
    case 'number':
      if (!Number.isFinite(value)) refuse(path, `is ${value}, which JSON does not have`, 'use null or a string')
      return
    case 'undefined':
      return refuse(path, 'is undefined, which JSON does not have', above.length === 0 ? 'use null, or deleteState()' : 'use null')
    case 'bigint':
      return refuse(path, 'is a BigInt, which JSON does not have', 'use a string')
    case 'symbol':
      return refuse(path, 'is a symbol, which means nothing in another process', 'use a string')
    case 'function':
      return refuse(path, 'is a function, whose code and variables are in this process', 'store the data that it needs, or ' + LOCAL)
  }
  if (value === null) return
  if (above.includes(value)) refuse(path, 'is an object that contains itself', 'store the id of an object in place of the object')
  if (above.length >= DEEP) refuse(path.slice(0, 5), `… is nested more than ${DEEP} levels deep`, 'store a flat list')
  above.push(value)
  if (!plain(value)) refuse(path, ...reason(value))
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      path.push(i)
      check(value[i], path, above)
      path.pop()
    }
    if (value.length <= FEW) {
      const names = Object.keys(value) // those of the elements come first
      if (names.length > value.length) refuse([...path, names[value.length]], 'is a property of an array, which JSON drops', 'use a plain object')
    }
  } else {
    for (const name of Object.keys(value)) {
      if (value[name] === undefined) continue // as JSON does
      path.push(name)
      check(value[name], path, above)
      path.pop()
    }
  }
  for (const symbol of Object.getOwnPropertySymbols(value)) refuse([...path, symbol], 'has a symbol as its name', 'use a string')
  if (typeof value.toJSON === 'function') refuse(path, 'has a method toJSON, which makes something else of it', 'call it first')
  above.pop()
}

function refuse([key, ...names], why, instead) {
  throw new TypeError(`${key}${names.map(property).join('')} ${why}: ${instead}`)
}

/** Reports whether an object is {…} or […], also of another context (node:vm). */
function plain(object) {
  const prototype = Object.getPrototypeOf(object)
  if (Array.isArray(object)) return Array.isArray(prototype) // as Array.prototype is, and that of a class is not
  if (prototype === null || prototype === Object.prototype) return true
  return Object.getPrototypeOf(prototype) === null && Object.prototype.hasOwnProperty.call(prototype, 'isPrototypeOf')
}

const KINDS = {
  Date: ['is a Date, which JSON turns into a string', 'use date.toJSON() or date.getTime()'],
  Map: ['is a Map, which JSON turns into {}', 'use Object.fromEntries(map) or [...map]'],
  Set: ['is a Set, which JSON turns into {}', 'use [...set]'],
  RegExp: ['is a RegExp, which JSON turns into {}', 'use its source and flags'],
  Promise: ['is a promise', 'await it first'],
  AsyncLocalStorage: ['is an AsyncLocalStorage, whose values belong to calls of this process', LOCAL],
  ArrayBuffer: ['is an ArrayBuffer', 'use new Uint8Array(buffer) as a value of its own'],
}
const OTHERS = new Set(['WeakMap', 'WeakSet', 'WeakRef', 'SharedArrayBuffer', 'Timeout', 'Immediate', 'Worker', 'ChildProcess'])

/** Says why an object that is not plain cannot travel, and what to do instead. */
function reason(object) {
  const name = nameOf(object)
  if (typeof object.pipe === 'function' && 'remoteAddress' in object) {
    return ['is a socket, which is an open descriptor', LOCAL]
  }
  if (typeof object.pipe === 'function' || typeof object.getReader === 'function' || typeof object.getWriter === 'function') {
    return ['is a stream, which is a state of this process', `store what has been read, or ${LOCAL}`]
  }
  if (typeof object.listen === 'function' && typeof object.close === 'function') {
    return ['is a server, which is an open descriptor', `${LOCAL}; hotswap keeps its port open`]
  }
  if (ArrayBuffer.isView(object)) {
    return [`is a ${name}, and bytes travel only as a value of their own`, 'give them a key of their own, as a Uint8Array, or use a string of base64']
  }
  if (types.isNativeError(object) || object instanceof Error) return ['is an Error', 'use { message: error.message, stack: error.stack }']
  if (Object.prototype.hasOwnProperty.call(KINDS, name)) return KINDS[name]
  if (OTHERS.has(name)) return [`is a ${name}, which belongs to this process`, LOCAL]
  return [`is an instance of ${name}, whose methods would be lost`, `use a plain ${Array.isArray(object) ? 'array ([...value])' : 'object ({ ...value })'} and make the instance from it, or ${LOCAL}`]
}

function nameOf(object) {
  for (let p = Object.getPrototypeOf(object); p; p = Object.getPrototypeOf(p)) {
    const found = Object.getOwnPropertyDescriptor(p, 'constructor')
    if (found && typeof found.value === 'function' && found.value.name) return found.value.name.slice(0, 100)
  }
  return 'a class'
}

/** .name, ["a name"], [0] or [Symbol(name)] */
function property(name) {
  if (typeof name !== 'string') return `[${String(name).slice(0, 100)}]`
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? '.' + name.slice(0, 100) : `[${JSON.stringify(name.slice(0, 100))}]`
}

module.exports = { encode, decode }
