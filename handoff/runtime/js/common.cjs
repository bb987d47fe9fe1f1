'use strict'
// What many files need, also those of Bun's adapter. The program, or a package, may replace later what is taken here. The
// syntax is that of Node 12, see adapter.cjs.

const { readFileSync } = require('fs')
const { sep } = require('path')
const { bigint } = process.hrtime

const HOME = __dirname + sep // of the adapter

/** Calls f, and keeps its error from the program, which is more important; the result is undefined then. */
function safely(f, ...args) {
  try {
    return f(...args)
  } catch (e) {
    return undefined
  }
}

/** What an error says, for people. */
const reason = (e) =>
  safely(() =>
    String(e?.message || e)
      .split('\n')[0]
      .slice(0, 200),
  ) || 'it has no message'

/** The ms since some moment, which only grow. */
const clock = () => Number(bigint()) / 1e6

/** Sets a property that enumeration does not show. */
const hide = (object, name, value) =>
  Object.defineProperty(object, name, { value, writable: true, configurable: true, enumerable: false })

/** The package that a file belongs to; '': none. A workspace's package is code of the project. */
function packageOf(file) {
  const found = /^.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(file || '')
  return found ? found[1].replace('\\', '/') : ''
}

/** Returns cminflt of proc_pid_stat(5): the faults of children that the process has waited for, also of those of a shell that
 * has become this process by exec. '': unknown. */
function faults() {
  const stat = safely(readFileSync, '/proc/self/stat', 'latin1') || ''
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[8] || ''
}

module.exports = { HOME, clock, faults, hide, packageOf, reason, safely }
