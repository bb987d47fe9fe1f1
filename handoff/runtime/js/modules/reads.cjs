'use strict'
// Which code this thread reads as text: a bundler's, say, or what a page is given. hotswap has
// to know that a change of such a file concerns the program. The functions are those of fs,
// as programs see them; Node's loaders of modules have some of their own.
//
// A dev server that a program runs inside itself watches its sources, and makes anew what it has made of them. A package
// that only builds watches nothing.

const fs = require('fs')
const path = require('path')
const { channel } = require('diagnostics_channel')
const requests = channel('http.server.request.start') // referenced, because some versions of Node collect a channel that nothing references
const { threads, wrap } = require('../internals.cjs')
const { HOME, faults, packageOf, safely } = require('../common.cjs')
const { existsSync, readdirSync } = fs

const CODE = /\.([cm]?[jt]sx?|vue|svelte|astro|py)$/
const READS = ['open', 'openSync', 'openAsBlob', 'readFile', 'readFileSync', 'copyFile', 'copyFileSync', 'cpSync']
const PACKAGE = /[\\/](node_modules|\.yarn)[\\/]/
const SERVERS = ['next', 'vite'] // dev servers, which others are made of
const READERS = /^(vite|rollup|(next|astro|nitro|nitropack|nuxt|@nuxt\/.+|@react-router\/dev|@sveltejs\/kit))$/ // whose reads are those of one; the inner: frameworks

const MOST = 10000 // names: a client may have a server look for any

const read = new Set() // absolute paths
const theirs = new Set() // those that a framework has read, should its dev server watch
const pages = new Set() // those that Vite has read for others: for a browser, or for the program, which may not ask again
const fetched = new Set() // paths for which clients have asked
let begun = false
let before = '' // faults of children that had ended when the adapter was loaded
let told = 0 // of these
const fresh = [] // the same without symbolic links, to be sent
let server = '' // the dev server that watches; '': none does
let newest = -1 // thread, when the first client came; -1: none has come
let steady = '' // faults of children that a dev server has waited for, and of those before
let ran = false // others have had children
let near = false // Next or Vite is installed

const nameOf = (file) =>
  typeof file !== 'object' ? file : file.href ? require('url').fileURLToPath(file) : file.toString()

function note(given) {
  const file = nameOf(given)
  if (!CODE.test(file) || PACKAGE.test(file) || path.resolve(file).startsWith(HOME) || read.size > MOST) return
  const into = reader()
  ;(into.size < MOST ? into : read).add(path.resolve(file)) // no descriptor
}

/** The packages on the stack, innermost first; '': the project. */
const packages = () =>
  require('../standby/stack.cjs')
    .callers()
    .filter((file) => !file.startsWith('node:'))
    .map(packageOf)

/** The names of those for whom the caller reads. */
function reader() {
  if (!near) return read
  const names = packages()
  const at = names.findIndex((name) => READERS.test(name))
  if (at < 0 || names.slice(0, at).some((name) => name === '' || name === 'jiti')) return read // jiti runs what it reads
  return names.some((name) => READERS.exec(name)?.[2]) ? theirs : pages
}

/** Reports whether a browser has asked for a file, so that Vite, whose root is the current folder, updates it there. */
const inBrowser = (file) => fetched.has(file) || fetched.has('/' + path.relative('', file))

/** Notes who watches. */
function watched(original, args) {
  safely(() => {
    const [name] = server ? [] : packages()
    if (!SERVERS.includes(name)) return
    server = name
    requests.subscribe(({ request }) => {
      if (newest < 0) newest = Math.max(0, ...(threads() || []))
      if (fetched.size < MOST) fetched.add(request.url.replace(/\?.*/, '').replace(/^\/@fs/, ''))
    })
  })
  return Reflect.apply(original, this, args)
}

/** Notes who has children: Next, say, asks git for its own statistics. */
function born({ process: child }) {
  ran ||= faults() !== steady || reader() === read
  if (!ran) child.on('exit', () => void (steady = faults()))
}

function below(dir) {
  for (const entry of safely(readdirSync, dir, { withFileTypes: true }) || []) {
    if (!entry.isDirectory())
      note(path.join(dir, entry.name)) // a link may lead to a folder above
    else if (entry.name !== 'node_modules') below(path.join(dir, entry.name))
  }
}

/** Notes what a function reads, whatever comes of that. */
function noted(original, args) {
  safely(note, args[0]) // the function itself will say what is wrong
  if (original.name === 'cpSync') safely(() => below(nameOf(args[0]))) // newer versions of Node copy a folder by no function of fs
  return Reflect.apply(original, this, args)
}

/** Notes what is read from now on. createReadStream and the like open their files by these. */
function begin() {
  before = steady = faults()
  channel('child_process').subscribe((message) => safely(born, message))
  for (const object of [fs, fs.promises]) for (const name of READS) wrap(object, name, noted)
  for (const name of ['watch', 'watchFile']) wrap(fs, name, watched)
  const module = require('module')
  const folders = module.createRequire(path.resolve('main.js')).resolve.paths('vite')
  near = folders.some((dir) => SERVERS.some((name) => existsSync(`${dir}/${name}`)))
  module.syncBuiltinESMExports() // for import { readFile } from 'fs'
  begun = true
}

/** The steps that follow symbolic links. Several answers may be under way. */
function* follow() {
  if (!server) for (const file of theirs) read.add(file)
  for (const file of pages) if (!server || !inBrowser(file)) read.add(file)
  theirs.clear()
  pages.clear()
  for (const all = [...read]; told < all.length; yield) {
    const file = all[told++]
    fresh.push(safely(fs.realpathSync, file) || file) // or it is gone
  }
}

/** Returns what follow has found since the last call. */
const news = () => fresh.splice(0)

module.exports = {
  begin,
  follow,
  news,
  works: () => begun && read.size <= MOST,
  faults: () => before,
  /** The dev server that has clients; null: there is none. */
  server: () => (newest < 0 ? null : { name: server, ran: ran || faults() !== steady, thread: newest }),
}
