'use strict'
// What a process has, and what its calls are about. Bun's adapter loads this file, too.

const path = require('path')
const { fileURLToPath } = require('url')
const { readFileSync, readdirSync, readlinkSync, statSync } = require('fs')

// Functions of fs, and of process for its listeners.
const WRITES = ['writeFile', 'appendFile', 'mkdir', 'mkdtemp', 'unlink', 'rm', 'rmdir', 'rename', 'truncate', 'utimes', 'chmod', 'chown']
const COPIES = ['copyFile', 'cp', 'symlink', 'link'] // the second argument is written
const LISTENS = ['on', 'addListener', 'once', 'prependListener', 'prependOnceListener', 'off', 'removeListener', 'removeAllListeners']

/** Descriptor and file → what to say if a package keeps it. '' is harmless. */
function descriptors() {
  const out = new Map()
  let names
  try {
    names = readdirSync('/proc/self/fd')
  } catch (e) {
    return out
  }
  const links = new Map()
  for (const fd of names) {
    try {
      links.set(fd, readlinkSync('/proc/self/fd/' + fd))
    } catch (e) {
      // The one of readdir.
    }
  }
  const own = new Set(['0', '1', '2'].map((fd) => links.get(fd)))
  for (const [fd, link] of links) {
    let what = ''
    if (own.has(link)) what = '' // the terminal again
    else if (link.startsWith('socket:')) what = 'opens a socket'
    else if (link === 'anon_inode:inotify') what = 'watches a file'
    else if (link.startsWith('/dev/') && !/^\/dev\/(null|zero|u?random|shm\/)/.test(link)) what = 'opens ' + link
    else if (link.startsWith('/') && !/\/node_modules\/|^\/(dev|proc|sys)\//.test(link) && !isFolder(link)) what = 'keeps ' + link + ' open'
    out.set(fd + ' ' + link, what)
  }
  return out
}

/** Loaders read folders at any time, as tsx does its cache. */
function isFolder(file) {
  try {
    return statSync(file).isDirectory()
  } catch (e) {
    return false
  }
}

/** cminflt of proc_pid_stat(5), which grows when the process waits for a child. */
function children() {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[8]
  } catch (e) {
    return ''
  }
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

/** What an error says, for people. */
function reason(e) {
  try {
    return String((e && e.message) || e).split('\n')[0].slice(0, 200)
  } catch (e) {
    return 'it has no message'
  }
}

module.exports = { COPIES, LISTENS, WRITES, children, descriptors, fileOf, opensToWrite, reason }
