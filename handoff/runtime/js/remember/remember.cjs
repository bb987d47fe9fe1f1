'use strict'
// Remembers what is pure: where a specifier leads, and what a file becomes when tsx transforms it, are functions
// of the file system alone. What the generation before was answered is in a record (record.cjs), with the facts on
// which each answer depends (facts.cjs). A fact is looked at again before its answer is given; if it does not hold,
// tsx and Node are asked as ever.
//
// Nothing is remembered unless tsx is the only one that has hooks below ours: hooks that somebody registers later
// run before ours, and get from ours what they would get from tsx.
// Each Node process of the program loads this file: the others follow where tsx registers its hooks.

const fs = require('fs')
const Module = require('module')
const path = require('path')
const { fileURLToPath } = require('url')
const { onHooks, stack } = require('../internals.cjs')
const { safely } = require('../common.cjs')

const TSX = /^file:\/\/\/.*\/node_modules\/tsx\/dist\/esm\/index\.mjs$/
const OWN = new RegExp(`--require ("[^"]*|[^ "]*)/${path.basename(path.dirname(__dirname))}/adapter.cjs"?(?= |$)`, 'g') // hotswap's own option
// Options with which Node resolves in another way, or with which something runs before this file.
const ODD =
  /^(--preserve-symlinks.*|--(experimental-)?loader(=.*)?|--permission|--experimental-permission|--experimental-(default-)?config-file(=.*)?|--experimental-policy(=.*)?)$/
const PORT = /^(--inspect[a-z-]*)=.*$/ // which port it is decides nothing

let hooks = null
let over = false // hooks were registered: no others are followed

/** Follows tsx's hooks, with a record in the folder. */
function begin(folder) {
  onHooks((f, name, given, original) => {
    if (name === 'register') return foreign()
    if (over || !require('worker_threads').isMainThread) return
    over = true // unless this tsx is known
    const by = stack(f, 8).find((file) => TSX.test(file))
    if (!by || isOdd() || watches()) return
    const { Hooks } = require('./hooks.cjs')
    const { Record } = require('./record.cjs')
    const { facts, aliases } = common(path.resolve(fileURLToPath(by), '../../..'))
    hooks = new Hooks(new Record(folder, key()), facts, aliases)
    Reflect.apply(original, Module, [
      {
        resolve: (specifier, context, next) => hooks.resolve(specifier, context, next),
        load: (url, context, next) => hooks.load(url, context, next),
      },
    ])
  })
}

/** A loader has hooks in a thread of its own, as tsx has in older versions of Node, where they cannot be followed. */
function foreign() {
  over = true
  if (hooks !== null) hooks.stop()
}

/** The steps in which what the next process can be answered from is written, once. */
function* keep() {
  try {
    if (hooks !== null) yield* hooks.keep()
  } catch (e) {
    hooks.stop()
  }
}

/** The program of a standby begins: files may have changed since its packages were loaded. */
function released() {
  if (hooks !== null && hooks.on) hooks.renew()
}

/** Reports whether tsx may watch what it loads: then it has to see all. */
function watches() {
  const words = (safely(fs.readFileSync, `/proc/${process.ppid}/cmdline`, 'utf8') || '').split('\0')
  return words.length === 1 || (words.includes('watch') && words.some((word) => word.includes('tsx')))
}

/** Reports whether an option of Node's decides, too. */
function isOdd() {
  const options = (process.env.NODE_OPTIONS || '').replace(OWN, '').split(' ')
  const required = options.some((word) => /^(-r|--require)(=|$)/.test(word)) // what runs before the adapter
  return (
    required ||
    !!process.versions.pnp ||
    !!process.env.NODE_PRESERVE_SYMLINKS ||
    [...options, ...process.execArgv].some((word) => ODD.test(word.replace(/_/g, '-')))
  )
}

/** What decides all answers and is no fact of the file system. */
function key() {
  const { env, execPath, version, arch, argv } = process
  const names = Object.keys(env)
    .filter((name) => /^(TSX_|ESBUILD_|NODE_OPTIONS$|NODE_V8_COVERAGE$)/.test(name))
    .sort()
  return JSON.stringify([
    execPath,
    version,
    arch,
    process.cwd(),
    argv[1],
    process.execArgv.map((word) => word.replace(PORT, '$1')),
    names.map((name) => [name, env[name]]),
  ])
}

/** The facts on which all answers depend, with tsx in a folder. */
function common(tsx) {
  const { Facts, unsure } = require('./facts.cjs')
  const { aliasesOf } = require('./tsconfig.cjs')
  const facts = new Facts(Date.now())
  const manifest = facts.json(tsx + '/package.json')
  if (manifest === null || !/^4\./.test(manifest.version)) unsure('another tsx')
  facts.file(process.execPath)
  for (const name of fs.readdirSync(tsx + '/dist')) facts.file(tsx + '/dist/' + name)
  facts.file(tsx + '/dist/esm/index.mjs')
  facts.file(facts.package(tsx, 'esbuild') + '/package.json')
  return { facts, aliases: aliasesOf(facts, process.cwd(), process.env.TSX_TSCONFIG_PATH) }
}

/** How many answers came from the record. */
const answers = () => (hooks === null ? 0 : hooks.answers)

module.exports = { answers, begin, keep, released }
