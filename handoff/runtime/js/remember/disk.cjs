'use strict'
// The file system, by functions that hotswap has not wrapped yet: what is remembered is no text that the
// program reads (modules/reads.cjs), and nothing that a package does (standby/observer.cjs).

const fs = require('fs')
const { dirname } = require('path')

const {
  openSync,
  closeSync,
  fsync,
  fstatSync,
  readFileSync,
  writeFileSync,
  readdirSync,
  renameSync,
  unlinkSync,
  statSync,
  lstatSync,
  constants,
} = fs
const realpath = fs.realpathSync.native

const FRESH = 500 // ms in which a file is looked at once
const clock = Date.now
const BIG = { bigint: true, throwIfNoEntry: false }

let memo = new Map()
let since = 0

/** What f says of a path; the same again for FRESH ms. */
function once(kind, path, f) {
  const now = clock()
  if (now - since > FRESH || now < since) {
    memo = new Map()
    since = now
  }
  const key = kind + path
  let value = memo.get(key)
  if (value === undefined) memo.set(key, (value = f(path)))
  return value
}

/** Has everything be looked at again. */
const forget = () => void (since = 0)

/** Returns f, which says what is true of a path as long as that has the same sign. */
function bySign(f) {
  const all = new Map() // path → { sign, value }
  return (path, sign) => {
    const known = all.get(path)
    if (known !== undefined && known.sign === sign) return known.value
    const value = f(path)
    all.set(path, { sign, value })
    return value
  }
}

/** A path's state: { kind: 'd', 'f' or 'o', sign, changed }, or null if there is nothing. sign is another one
 * after each change, and changed is when the last one was, in ms. Symbolic links are followed. */
const look = (path) => once('s', path, (p) => describe(statSync(p, BIG)))

/** The same, as it is now. */
const lookNow = (path) => describe(statSync(path, BIG))

const describe = (s) =>
  s === undefined
    ? null
    : {
        kind: s.isDirectory() ? 'd' : s.isFile() ? 'f' : 'o',
        sign: `${s.dev}.${s.ino}.${s.size}.${s.mtimeNs}.${s.ctimeNs}`,
        changed: Number((s.mtimeNs > s.ctimeNs ? s.mtimeNs : s.ctimeNs) / 1000000n) + 1,
      }

/** Reports whether a path is a folder, and no part of the path is a symbolic link. */
const isReal = (path) => once('r', path, (p) => !!lstatSync(p, BIG)?.isDirectory() && (p === '/' || isReal(dirname(p))))

/** Reports whether a path is a file, and no part of the path is a symbolic link. */
const isRealFile = (path) => once('e', path, (p) => !!lstatSync(p, BIG)?.isFile() && isReal(dirname(p)))

/** A folder's path without symbolic links. */
const realOf = (path) => (isReal(path) ? path : once('p', path, (p) => realpath(p)))

/** The names in a folder: { text, links }. text has folders and links marked, and links are those of symbolic links. */
function list(path) {
  const links = []
  const names = readdirSync(path, { withFileTypes: true }).map((entry) => {
    if (entry.isSymbolicLink()) links.push(entry.name)
    return entry.name + (entry.isDirectory() ? '/' : entry.isSymbolicLink() ? '@' : '')
  })
  return { text: names.sort().join('\0'), links }
}

module.exports = {
  constants,
  openSync,
  closeSync,
  fsync,
  fstatSync,
  readFileSync,
  writeFileSync,
  readdirSync,
  renameSync,
  unlinkSync,
  statSync,
  clock,
  once,
  forget,
  bySign,
  look,
  lookNow,
  isRealFile,
  realOf,
  list,
}
