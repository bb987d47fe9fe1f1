'use strict'
// The files of the callers.

const { fileURLToPath } = require('url')
const { stack } = require('../internals.cjs')
const { HOME, safely } = require('../common.cjs')

const DEPTH = 200

/** The files on the stack, innermost first, without the adapter's. Node's own begin
 * with 'node:'. */
function callers() {
  return stack(callers, DEPTH)
    .map(plain)
    .filter((file) => file && !file.startsWith(HOME))
}

/** A file's path, of a path or URL, without a loader's query. */
function plain(name) {
  if (!name || name.startsWith('node:')) return name
  return name.startsWith('file:')
    ? safely(fileURLToPath, name.replace(/[?#].*$/, '')) || name
    : name.replace(/\?.*$/, '')
}

module.exports = { callers, plain }
