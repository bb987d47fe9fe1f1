'use strict'
// In a standby's tree: the process that would run the program's main module waits right
// before it, with loaders and packages loaded. doc.go has the rules.

const fs = require('fs')
const path = require('path')
const { Channel } = require('./channel.cjs')
const { KNOWN } = require('./shared.cjs')
const { MODULES, builtin, cache, die, mainFile, onRunMain, resolve, works } = require('../internals.cjs')
const { packageOf, safely } = require('../common.cjs')

const MANAGER = /[\\/](corepack|\.yarn)[\\/].*[\\/](npm|npx|pnpm|pnpx|yarn)[^\\/]*$/ // below no node_modules
const VARIABLE = 'HOTSWAP_HOLD' // the standby's folder
const HERE = __dirname + path.sep // what only a standby needs
const LOADER = path.join(__dirname, '../modules/loader.cjs') // and what a cold start loads later
const ADAPTER = path.join(__dirname, '..', 'adapter.cjs')
const next = setImmediate // a package may replace it

let before = () => {}
let afterwards = () => {}

/** Has this process wait, if and where it must. */
function begin(folder) {
  if (!works(MODULES)) throw new Error('this version of Node cannot be held')
  const channel = new Channel(folder, die)
  const script = process.argv[1]
  // Code on the command line, a script on standard input, or tests.
  if (!script || script === '-') return foreign(channel, process.execArgv.slice(0, 2).join(' ') || process.argv0)
  const { plan } = channel
  const first = mainFile()
  const launcher = first !== plan.main && launches(plan, first)
  if (plan.rehearse && !launcher) delete process.env.HOTSWAP_WIRE // a thread of tsx's would connect while a package is loaded
  // Nothing but what the command line requires has run: an unexpected program waits
  // here. But a hook that is required later (ts-node/register) may resolve a script that
  // Node cannot: then the main module is known when Node reads runMain.
  if (first !== plan.main && !launcher && resolve(script)) return foreign(channel, first)
  // The process of the serving generation has shown that this Node, with these options,
  // reads runMain. Another Node may not.
  if (!launcher && !same(plan)) return foreign(channel, [process.execPath, ...process.execArgv, first].join(' '))
  onRunMain((runMain, restore) => {
    const main = mainFile()
    if (main !== plan.main) {
      if (!launches(plan, main)) foreign(channel, main)
      return runMain
    }
    restore()
    delete process.env[VARIABLE]
    if (channel.released()) {
      forget()
      afterwards()
      return runMain
    }
    return hold(channel, runMain)
  })
}

/** Reports whether this is the plan's Node, with the plan's options. */
function same(plan) {
  const { execArgv } = process
  return (
    fs.realpathSync(process.execPath) === fs.realpathSync(plan.exe) &&
    execArgv.length === plan.execArgv.length &&
    execArgv.every((arg, i) => arg === plan.execArgv[i])
  )
}

/** Reports whether a process with this main module only starts the program. Any other package may build the project first, as
 * nest start does, or run its code in its own process. */
function launches(plan, main) {
  const name = packageOf(main)
  if (name === 'tsx' && process.argv[2] === 'watch') return false // restarts the program at each save
  return name === '' ? MANAGER.test(main) : plan.twice.includes(name)
}

/** Waits, and returns what Node is to call instead of runMain. */
function hold(channel, runMain) {
  const { plan } = channel
  const { Preload } = require('./preload.cjs')
  const preload = new Preload(channel)
  // A CommonJS program runs with its usual stack, so this waits in the accessor. What
  // comes through the loader of ES modules has no stack of its caller.
  if (!plan.async) {
    preload.sync()
    wait(channel, preload)
    return runMain
  }
  return function (...args) {
    preload
      .async()
      .then(() => {
        wait(channel, preload)
        next(runMain, ...args)
      })
      .catch(die)
  }
}

/** Waits. What can be done before is done before. */
function wait(channel, preload) {
  const messages = preload.finish()
  if (!channel.released()) before()
  if (!channel.plan.rehearse && !channel.released()) warm(channel.plan)
  forget()
  channel.wait(messages)
  afterwards()
}

/** Does ahead what Node does once in a process for this program: it loads modules of its own, reads each export of
 * those that an ES module imports (of node:http some load 30 ms of code only then), compiles the patterns of IP addresses
 * for a server that names its host (V8 does so at their first use, and again at the second: 15 ms), and a translator for
 * the first file with types (50 ms). */
function warm({ builtins, main, imports }) {
  for (const name of [...KNOWN, 'cluster']) {
    const imported = builtins.includes('node:' + name)
    if (!imported && !builtins.includes(name)) continue
    const exports = safely(builtin, name) || {}
    if (name === 'net') for (const address of ['::1', '::1']) safely(exports.isIP, address)
    if (imported) for (const key in exports) safely(() => exports[key])
  }
  if (!/\.[cm]?ts$/.test(main) || imports.length > 0) return
  // Another text each time: what Node has in its compile cache it does not translate. A file of the project would count
  // as read.
  const text = `${begin}\nconst now: number = ${Date.now()}`
  safely(() => require('../modules/loader.cjs').strip(text, HERE + 'warm.ts'))
}

/** Removes from CommonJS's cache what only a standby needs. */
function forget() {
  const modules = cache()
  for (const key of Object.keys(modules)) if (key.startsWith(HERE) || key === LOADER) delete modules[key]
  if (modules[ADAPTER]) modules[ADAPTER].children = []
}

/** Has functions called in the main process: one right before it waits, the other when its
 * program is about to run. */
function around(waiting, running) {
  before = waiting
  afterwards = running
}

/** Holds a process that is unexpected, and may run code of the project, for good. */
function foreign(channel, what) {
  if (channel.released()) return
  channel.say({ type: 'foreign', what })
  channel.wait([])
}

module.exports = { around, begin }
