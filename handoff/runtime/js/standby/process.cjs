'use strict'
// What a process has, and what its calls are about. Bun's adapter loads this file, too.

const fs = require('fs')
const path = require('path')
const { fileURLToPath } = require('url')
const { HOME, safely } = require('../common.cjs')

const { readdirSync, readlinkSync, statSync } = fs

// Functions of fs, and of process for its listeners.
const READS = ['readFile', 'open', 'readdir', 'exists', 'stat', 'lstat', 'access', 'createReadStream']
const WRITES = [
  'writeFile',
  'appendFile',
  'mkdir',
  'mkdtemp',
  'unlink',
  'rm',
  'rmdir',
  'rename',
  'truncate',
  'utimes',
  'chmod',
  'chown',
  'createWriteStream',
]
const COPIES = ['copyFile', 'cp', 'symlink', 'link'] // the second argument is written
const LISTENS = [
  'on',
  'addListener',
  'once',
  'prependListener',
  'prependOnceListener',
  'off',
  'removeListener',
  'removeAllListeners',
]

/** Descriptor and file → what to say if a package keeps it. '' is harmless. */
function descriptors() {
  const out = new Map()
  const links = new Map()
  for (const fd of safely(readdirSync, '/proc/self/fd') || []) {
    const link = safely(readlinkSync, '/proc/self/fd/' + fd) // undefined: that of readdir
    if (link) links.set(fd, link)
  }
  const own = new Set(['0', '1', '2'].map((fd) => links.get(fd)))
  for (const [fd, link] of links) {
    let what = ''
    if (own.has(link))
      what = '' // the terminal again
    else if (link.startsWith('socket:')) what = 'opens a socket'
    else if (link === 'anon_inode:inotify') what = 'watches a file'
    else if (link.startsWith('/dev/') && !/^\/dev\/(null|zero|u?random|shm\/)/.test(link)) what = 'opens ' + link
    else if (link.startsWith('/') && !/\/node_modules\/|^\/(dev|proc|sys)\//.test(link) && !isFolder(link))
      what = 'keeps ' + link + ' open'
    out.set(fd + ' ' + link, what)
  }
  return out
}

/** Loaders read folders at any time, as tsx does its cache. */
const isFolder = (file) => safely(() => statSync(file).isDirectory())

/** Has calls of fs seen by wrap(object, name, see): what reads or writes a file that is in no package, and what prints. */
function follow(wrap, { read, write, prints }) {
  const printed = (fd) => (fd === 1 || fd === 2) && prints()
  for (const object of [fs, fs.promises]) {
    for (const ending of ['', 'Sync']) {
      for (const name of READS)
        wrap(object, name + ending, ([file, flags]) =>
          outside(file, name === 'open' && opensToWrite(flags) ? write : read),
        )
      for (const name of WRITES)
        wrap(object, name + ending, ([file]) => (typeof file === 'number' ? printed(file) : outside(file, write)))
      for (const name of COPIES) wrap(object, name + ending, ([, file]) => outside(file, write))
      for (const name of ['write', 'writev']) wrap(object, name + ending, ([fd]) => printed(fd))
    }
  }
}

/** Calls tell(type, name, value) for each read (env) and write (sets) of a variable. */
function environment(tell) {
  let listed = 0 // properties that a listing of the names still asks for
  const note = (type, key, value) => typeof key === 'string' && tell(type, key, value)
  process.env = new Proxy(process.env, {
    // With the proxy as receiver, Reflect would set a property of the proxy.
    set: (target, key, value) => (note('sets', key, String(value)), Reflect.set(target, key, value)),
    deleteProperty: (target, key) => (note('sets', key, ''), Reflect.deleteProperty(target, key)),
    get: (target, key) => ((listed = 0), note('env', key), Reflect.get(target, key)),
    has: (target, key) => ((listed = 0), note('env', key), Reflect.has(target, key)),
    // Object.keys asks for each property, and for no value.
    ownKeys: (target) => {
      const keys = Reflect.ownKeys(target)
      listed = keys.length
      return keys
    },
    getOwnPropertyDescriptor: (target, key) => {
      if (listed > 0) listed--
      else note('env', key)
      return Reflect.getOwnPropertyDescriptor(target, key)
    },
  })
}

/** Calls see with the path of a file that is in no package. */
function outside(given, see) {
  const file = fileOf(given)
  if (file && !/[\\/]node_modules[\\/]/.test(file) && !/^\/(proc|sys|dev)\//.test(file) && !file.startsWith(HOME))
    see(file)
}

/** Reports whether flags of fs.open allow writes (O_WRONLY or O_RDWR). */
function opensToWrite(flags) {
  return typeof flags === 'string' ? /[wa+]/.test(flags) : typeof flags === 'number' && (flags & 3) !== 0
}

/** The path that a name, a URL or bytes stand for, or ''. */
function fileOf(name) {
  try {
    if (name instanceof URL) return fileURLToPath(name)
    if (Buffer.isBuffer(name)) return path.resolve(String(name))
    if (typeof name !== 'string') return ''
    return name.startsWith('file:') ? fileURLToPath(name.replace(/[?#].*$/, '')) : path.resolve(name)
  } catch (e) {
    return ''
  }
}

module.exports = { LISTENS, descriptors, environment, fileOf, follow, outside }
