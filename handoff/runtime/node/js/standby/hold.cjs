'use strict'
// In the program of a standby: the process that would run the program's main module
// waits right before it (runmain.cjs), with loader and packages loaded. See the comment
// of the package for the rules.

const fs = require('fs')
const path = require('path')
const Module = require('module')
const { Channel } = require('./channel.cjs')
const { onRunMain } = require('./runmain.cjs')
const { packageOf } = require('./stack.cjs')

// Programs that do nothing of the project's before they start the one that has its
// main module. What is not known to be one may have built the project before, as
// nest start does, or run its code in its own process.
const LEADERS = new Set(['npm', 'pnpm', 'yarn', '@yarnpkg/cli-dist', 'corepack', 'tsx', 'ts-node', 'cross-env', 'env-cmd', 'dotenv-cli',
  '@dotenvx/dotenvx', 'npm-run-all', 'npm-run-all2', 'concurrently', 'esbuild'])
const MANAGER = /[\\/](corepack|\.yarn)[\\/].*[\\/](npm|npx|pnpm|pnpx|yarn)[^\\/]*$/ // below no node_modules
const VARIABLE = 'HOTSWAP_HOLD' // the folder of the standby
const HOME = path.dirname(__dirname) + path.sep // of the adapter
const KEPT = new Set([HOME + 'adapter.cjs', path.join(__dirname, 'runmain.cjs')]) // that every process has
const next = setImmediate // a package may replace it

let afterwards = null // what the adapter does once the program runs

/** Arranges for what this process is, in a standby's tree. */
function begin(folder) {
  const channel = new Channel(folder)
  const script = process.argv[1]
  // Code on the command line, a script on standard input, tests.
  if (!script || script === '-') return foreign(channel, process.execArgv.slice(0, 2).join(' ') || process.argv0)
  // Known before anything but what the command line requires has run: nothing else of
  // a program that is not expected comes before it waits.
  const { plan } = channel
  const first = fileOf(script)
  const leader = first !== plan.main && leads(first)
  // What nothing resolves yet, a hook may that the command line requires later
  // (ts-node/register). Then the main module is known when Node reads runMain.
  if (first !== plan.main && !leader && resolve(script)) return foreign(channel, first)
  // In the generation that serves this Node, with these options, was about to read
  // runMain. Of another one nobody knows.
  if (!leader && !same(plan)) return foreign(channel, [process.execPath, ...process.execArgv, first].join(' '))
  const can = onRunMain((runMain, restore) => {
    const main = fileOf(process.argv[1])
    if (main !== plan.main) {
      if (!leads(main)) foreign(channel, main)
      return runMain
    }
    restore()
    delete process.env[VARIABLE]
    if (channel.gone()) return forget(), runMain
    return hold(channel, runMain)
  })
  if (!can) throw new Error('Module.runMain is none that can be held')
}

/** Whether this is the Node of the plan, with its options. */
function same(plan) {
  const { execArgv } = process
  return fs.realpathSync(process.execPath) === fs.realpathSync(plan.exe) &&
    execArgv.length === plan.execArgv.length && execArgv.every((arg, i) => arg === plan.execArgv[i])
}

/** Whether what a process runs only leads to the program. */
function leads(main) {
  const name = packageOf(main)
  if (name === 'tsx' && process.argv[2] === 'watch') return false // it would start what waits anew at each save
  return name === '' ? MANAGER.test(main) : LEADERS.has(name)
}

/** Waits, and returns what Node is to call instead of runMain. */
function hold(channel, runMain) {
  const { plan } = channel
  channel.say({ type: 'held', pid: process.pid, node: process.versions.node })
  const { Preload } = require('./preload.cjs')
  const preload = new Preload(channel)
  // What CommonJS runs is run with the stack that it always has; what comes through
  // the loader of ES modules has none of its caller's.
  if (!plan.async) {
    preload.sync()
    channel.wait(preload.finish())
    forget()
    return runMain
  }
  return function (...args) {
    preload.async().then(() => {
      if (channel.wait(preload.finish())) return
      return require('./prelink.cjs').link(channel, preload.load).then(() => channel.wait([{ type: 'prepared' }]))
    }).then(() => {
      forget()
      next(runMain, ...args)
    }).catch(channel.die)
  }
}

/** Nothing of what only a standby needs is left for the program to see. */
function forget() {
  for (const key of Object.keys(Module._cache)) {
    if (key.startsWith(HOME) && !KEPT.has(key)) delete Module._cache[key]
  }
  for (const name of KEPT) {
    const kept = Module._cache[name]
    if (kept) kept.children = []
  }
  if (afterwards) afterwards()
}

/** Has f called when the program begins to run, in the process that runs it. */
function then(f) {
  afterwards = f
}

/** What nobody expected, and may be or run code of the project: it does not run as
 * long as it is a standby's. */
function foreign(channel, what) {
  if (channel.gone()) return
  channel.say({ type: 'foreign', what })
  if (!channel.wait(null)) channel.die() // what was meant for the main process
}

/** The file that Node would run, without a symbolic link. */
function fileOf(script) {
  const file = resolve(script) || path.resolve(script)
  try {
    return fs.realpathSync(file)
  } catch (e) {
    return file
  }
}

/** The file that Node finds for a script; '' if it finds none. */
function resolve(script) {
  try {
    return Module._resolveFilename(path.resolve(script), null, true)
  } catch (e) {
    return ''
  }
}

module.exports = { begin, then }
