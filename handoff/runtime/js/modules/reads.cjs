'use strict'
// Which code this thread reads as text: a bundler's, say, or what a page is given. hotswap has
// to know that a change of such a file concerns the program. The functions are those of fs,
// as programs see them; Node's loaders of modules have some of their own.

const fs = require('fs')
const path = require('path')
const { wrap } = require('../internals.cjs')
const { HOME, faults, safely } = require('../common.cjs')
const { readdirSync } = fs

const CODE = /\.([cm]?[jt]sx?|py)$/
const READS = ['open', 'openSync', 'openAsBlob', 'readFile', 'readFileSync', 'copyFile', 'copyFileSync', 'cpSync']
const PACKAGE = /[\\/](node_modules|\.yarn)[\\/]/

const MOST = 10000 // names: a client may have a server look for any

const read = new Set() // absolute paths
let begun = false
let before = '' // faults of children that had ended when the adapter was loaded
let told = 0 // of these
const fresh = [] // the same without symbolic links, to be sent

const nameOf = (file) =>
  typeof file !== 'object' ? file : file.href ? require('url').fileURLToPath(file) : file.toString()

function note(given) {
  const file = nameOf(given)
  if (CODE.test(file) && !PACKAGE.test(file) && !path.resolve(file).startsWith(HOME) && read.size <= MOST)
    read.add(path.resolve(file)) // no descriptor
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
  before = faults()
  for (const object of [fs, fs.promises]) for (const name of READS) wrap(object, name, noted)
  require('module').syncBuiltinESMExports() // for import { readFile } from 'fs'
  begun = true
}

/** The steps that follow symbolic links. Several answers may be under way. */
function* follow() {
  for (const all = [...read]; told < all.length; yield) {
    const file = all[told++]
    fresh.push(safely(fs.realpathSync, file) || file) // or it is gone
  }
}

/** Returns what follow has found since the last call. */
const news = () => fresh.splice(0)

module.exports = { begin, follow, news, works: () => begun && read.size <= MOST, faults: () => before }
