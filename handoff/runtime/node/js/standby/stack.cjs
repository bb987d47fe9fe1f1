'use strict'
// Who calls: the files of the callers, innermost first, without the adapter's.

const path = require('path')
const { fileURLToPath } = require('url')

const HOME = path.dirname(__dirname) + path.sep // of the adapter

const DEEP = 200

/** The files on the stack; those of Node begin with 'node:'. */
function callers() {
  const { stackTraceLimit } = Error
  const prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')
  let sites
  try {
    Error.stackTraceLimit = DEEP
    Error.prepareStackTrace = (_, sites) => sites
    sites = new Error().stack
  } catch (e) {
    return [] // frozen
  } finally {
    if (!Object.isFrozen(Error)) {
      Error.stackTraceLimit = stackTraceLimit
      if (prepare) Object.defineProperty(Error, 'prepareStackTrace', prepare)
      else delete Error.prepareStackTrace
    }
  }
  const files = []
  for (const site of Array.isArray(sites) ? sites : []) {
    const file = plain(site.getFileName())
    if (file && !file.startsWith(HOME)) files.push(file)
  }
  return files
}

/** A file's path, of a path or URL, without a loader's query. */
function plain(name) {
  if (!name || name.startsWith('node:')) return name
  try {
    return name.startsWith('file:') ? fileURLToPath(name.replace(/[?#].*$/, '')) : name.replace(/\?.*$/, '')
  } catch (e) {
    return name
  }
}

/** The package that a file belongs to; '': none. */
function packageOf(file) {
  const found = /^.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(file || '')
  return found ? found[1].replace('\\', '/') : ''
}

module.exports = { HOME, callers, packageOf, plain }
