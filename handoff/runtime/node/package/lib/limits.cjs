'use strict'
// The limits of docs/state.md. A client checks those of a line itself, because hotswap
// disconnects whoever writes a longer line.

const { HotswapError } = require('./errors.cjs')

const KEY = 512
const VALUE = 1024 * 1024
const TOTAL = 64 * 1024 * 1024
const KEYS = 65536

/** Checks a key, or what else has a name: a string of 1 to 512 bytes. */
function checkName(name, what) {
  if (typeof name !== 'string' || name === '') throw new TypeError(`hotswap: ${what} must be a string of at least one character`)
  checkPrefix(name, what)
}

/** Checks the beginning of a key, which may be empty. */
function checkPrefix(name, what) {
  if (typeof name !== 'string') throw new TypeError(`hotswap: ${what} must be a string`)
  if (/\p{Surrogate}/u.test(name)) throw new TypeError(`hotswap: ${what} has half of a surrogate pair`)
  const size = Buffer.byteLength(name)
  if (size > KEY) throw new HotswapError(`${what} ${JSON.stringify(name.slice(0, 40))}… has ${size} bytes; the limit is ${KEY}`, 'too-large')
}

module.exports = { KEY, VALUE, TOTAL, KEYS, checkName, checkPrefix }
