'use strict'
// Reports what the process runs, and what it has loaded when it serves: lines of JSON, appended
// to a file of the process.

const { appendFileSync } = require('node:fs')
const { safely } = require('../common.cjs')

/** Reports what the process runs, and returns what reports the rest: it is called a little
 * after the first server has begun. */
function report(folder, facts) {
  const given = { ...process.env }
  const say = (line) =>
    safely(appendFileSync, folder + '/bun-' + process.pid, JSON.stringify(line) + '\n', { mode: 0o600 })
  const late = async () => {
    try {
      const load = await require('./packages.cjs').loaded(facts.main)
      say({ load, env: changed(given, process.env) })
    } catch (e) {
      // The next standby loads nothing.
    }
  }
  say(facts)
  return late
}

/** The variables that the program has set, changed or removed. */
function changed(given, now) {
  return [...new Set([...Object.keys(given), ...Object.keys(now)])].filter((name) => given[name] !== now[name]).sort()
}

module.exports = { report }
