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
const { safely } = require('../safely.cjs')

const TSX = /^file:\/\/\/.*\/node_modules\/tsx\/dist\/esm\/index\.mjs$/
const ADAPTER = path.join('/', path.basename(path.dirname(__dirname)), 'adapter.cjs')
// Options with which Node resolves in another way, or with which something runs before this file.
const ODD = /^(--preserve-symlinks.*|--(experimental-)?loader(=.*)?|--permission|--experimental-permission|--experimental-(default-)?config-file(=.*)?|--experimental-policy(=.*)?)$/
const PORT = /^(--inspect[a-z-]*)=.*$/ // which port it is decides nothing

// tsx, in Node's options.
const LOADER = /(^|[ =]|[\\/]node_modules[\\/])tsx([\\/ ]|$)/
const NEWER = 'Node 22.22.3, 24.11.1 or 26' // in which tsx's hooks run in the program's own thread

let hooks = null
let why = '' // nothing is remembered; '': no loader was registered, or tsx's

/** Follows tsx's hooks, with a record in the folder. */
function begin(folder) {
  onHooks((f, name, given, original) => {
    if (name === 'register') return foreign()
    const callers = stack(f, 8)
    const by = callers.find((file) => TSX.test(file))
    if (hooks === null && !by && why === '') why = `the hooks of ${packageOf(callers)} are not known`
    if (hooks !== null || why !== '' || !require('worker_threads').isMainThread) return
    if ((why = unfit()) !== '') return
    why = 'this tsx is not known' // if what follows fails
    const { Hooks } = require('./hooks.cjs')
    const { Record } = require('./record.cjs')
    const { facts, aliases } = common(path.resolve(fileURLToPath(by), '../../..'))
    hooks = new Hooks(new Record(folder, key()), facts, aliases)
    Reflect.apply(original, Module, [{
      resolve: (specifier, context, next) => hooks.resolve(specifier, context, next),
      load: (url, context, next) => hooks.load(url, context, next),
    }])
    why = ''
  })
}

/** A loader has hooks where they cannot be followed. */
function foreign() {
  if (why === '') why = 'a loader has hooks in a thread of its own, as tsx has before ' + NEWER
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
  if (hooks === null || !hooks.on) return
  hooks.renew()
  if (!hooks.on) why = 'a file has changed on which all answers depend'
}

/** Says why an answer may depend on more than files, or why tsx, which may watch what it loads, has to see all; '': none of both. */
function unfit() {
  if (isOdd()) return "an option of Node's decides, too"
  const words = (safely(fs.readFileSync, `/proc/${process.ppid}/cmdline`, 'utf8') || '').split('\0')
  if (words.length === 1) return 'whether tsx watches what it loads is not known here'
  return words.includes('watch') && words.some((word) => word.includes('tsx')) ? 'tsx watches what it loads' : ''
}

/** The package of the innermost caller that is of one. */
const packageOf = (callers) => callers.map(require('../safely.cjs').packageOf).find((name) => name !== '') || 'the program'

function isOdd() {
  const options = (process.env.NODE_OPTIONS || '').split(' ')
  // Another --require there runs before the adapter's.
  const required = options.some((word, i) => /^(-r|--require)(=|$)/.test(word) && !String(options[i + 1]).endsWith(ADAPTER))
  return required || !!process.versions.pnp || !!process.env.NODE_PRESERVE_SYMLINKS || [...options, ...process.execArgv].some((word) => ODD.test(word.replace(/_/g, '-')))
}

/** What decides all answers and is no fact of the file system. */
function key() {
  const { env, execPath, version, arch, argv } = process
  const names = Object.keys(env).filter((name) => /^(TSX_|ESBUILD_|NODE_OPTIONS$|NODE_V8_COVERAGE$)/.test(name)).sort()
  return JSON.stringify([execPath, version, arch, process.cwd(), argv[1], process.execArgv.map((word) => word.replace(PORT, '$1')), names.map((name) => [name, env[name]])])
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

/** Says how many of the files that were imported came from the record, or why nothing is remembered; '': there is no loader, or no record. */
function told() {
  if (!process.env.HOTSWAP_REMEMBER) return ''
  if (!require('module').registerHooks) {
    const loads = [...process.execArgv, process.env.NODE_OPTIONS || ''].some((word) => LOADER.test(word))
    return loads ? 'nothing: that takes ' + NEWER : ''
  }
  const { all, answered } = hooks === null ? { all: 0, answered: 0 } : hooks.files
  if (why !== '' && answered === 0) return 'nothing: ' + why
  if (hooks === null) return ''
  return `${answered} of ${all} file${all === 1 ? '' : 's'}` + (why === '' ? '' : ', and then none: ' + why)
}

/** How many answers came from the record. */
const answers = () => (hooks === null ? 0 : hooks.answers)

module.exports = { answers, begin, keep, released, told }
