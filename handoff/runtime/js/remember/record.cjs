'use strict'
// The file with what is remembered. It begins with a head of fixed length, has an index of JSON, and the sources
// behind that, which are read a piece at a time as they are needed. The head has the index's digest, and the index those of
// the sources: a damaged one answers nothing. One process writes the file under another name and renames it when it is on the
// disk; a file that anybody else could have written is not read.

const crypto = require('crypto')
const disk = require('./disk.cjs')
const { safely } = require('../safely.cjs')

const sum = (bytes) => crypto.hash('sha256', bytes) // in 10 µs for a source of 8 KiB, a third of createHash

const FORMAT = 'hotswap remembers 2\n'
const HEAD = FORMAT.length + 8 + 64 // and the index's length and digest
const MOST = 64 * 1024 * 1024 // bytes of a file
const MANY = 32 // files, of the newest commands
const ALL = 256 * 1024 * 1024 // their bytes
const PIECE = 512 * 1024

class Record {
  /** key says by what all answers are decided that are no facts of the file system. */
  constructor(folder, key) {
    this.folder = folder
    this.key = key
    this.path = folder + '/' + sum(key).slice(0, 32)
    this.start = 0 // of the sources
    this.id = '' // of the file that the index is of
    this.piece = { from: 0, bytes: Buffer.alloc(0) }
  }

  /** Returns the index, or null. */
  read() {
    const index = this.open((fd, size, id) => {
      const head = Buffer.alloc(HEAD)
      if (disk.readSync(fd, head, 0, HEAD, 0) !== HEAD || head.toString('latin1', 0, FORMAT.length) !== FORMAT) return null
      const length = Number(head.toString('latin1', FORMAT.length, HEAD - 64).trim())
      if (!Number.isSafeInteger(length) || length <= 0 || HEAD + length > size) return null
      const bytes = Buffer.alloc(length)
      if (disk.readSync(fd, bytes, 0, length, HEAD) !== length || sum(bytes) !== head.toString('latin1', HEAD - 64)) return null
      this.start = HEAD + length
      this.id = id
      return JSON.parse(bytes.toString('utf8'))
    })
    return index && index.key === this.key ? index : null
  }

  /** Reports whether the file is gone, or another one than that which was read. */
  isAnother() {
    try {
      return idOf(disk.statSync(this.path, { bigint: true })) !== this.id
    } catch (e) {
      return true
    }
  }

  /** Returns a source. It throws if the file is another one now, or damaged. */
  source(at, length, digest) {
    const { from, bytes } = this.piece
    if (at < from || at + length > from + bytes.length) this.load(at, Math.max(length, PIECE))
    const start = at - this.piece.from
    if (start < 0 || start + length > this.piece.bytes.length) throw new Error('a short file')
    const source = this.piece.bytes.subarray(start, start + length)
    if (sum(source) !== digest) throw new Error('a damaged file')
    return source.toString('utf8')
  }

  load(at, length) {
    this.open((fd, size, id) => {
      if (id !== this.id) throw new Error('another file')
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - this.start - at)))
      if (disk.readSync(fd, bytes, 0, bytes.length, this.start + at) !== bytes.length) throw new Error('a short file')
      this.piece = { from: at, bytes }
    })
  }

  open(use) {
    let fd = -1
    try {
      fd = disk.openSync(this.path, disk.constants.O_RDONLY | disk.constants.O_NOFOLLOW)
    } catch (e) {
      return null
    }
    try {
      const s = disk.fstatSync(fd, { bigint: true })
      const ours = s.isFile() && Number(s.uid) === process.geteuid() && (Number(s.mode) & 0o077) === 0
      return ours && s.size <= MOST ? use(fd, Number(s.size), idOf(s)) : null
    } finally {
      disk.closeSync(fd)
    }
  }

  /** Writes an index and its sources. Returns what puts them on the disk and in place, and calls its argument then: a disk may be
   * slow, and the program serves meanwhile. */
  write(index, sources) {
    const text = Buffer.from(JSON.stringify(Object.assign({ key: this.key }, index)))
    const head = Buffer.from(FORMAT + String(text.length).padEnd(8) + sum(text))
    const all = Buffer.concat([head, text, ...sources])
    if (head.length !== HEAD || all.length > MOST) return undefined
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = disk.constants
    const path = `${this.path}.${process.pid}`
    const fd = disk.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    const end = (error) => {
      disk.closeSync(fd)
      if (error) return disk.unlinkSync(path)
      disk.renameSync(path, this.path)
      this.discard()
    }
    try {
      for (let at = 0; at < all.length; ) at += disk.writeSync(fd, all, at)
    } catch (e) {
      return end(e)
    }
    return (done) => disk.fsync(fd, (error) => {
      safely(end, error)
      done()
    })
  }

  /** Removes the files of the oldest commands, and what processes have left that were killed as they wrote. */
  discard() {
    let left = ALL
    const files = disk.readdirSync(this.folder).map((name) => ({ name, s: disk.statSync(this.folder + '/' + name) })).sort((a, b) => b.s.mtimeMs - a.s.mtimeMs)
    files.forEach(({ name, s }, i) => {
      left -= s.size
      const partial = !/^[0-9a-f]{32}$/.test(name)
      if (partial ? disk.clock() - s.mtimeMs > 3600000 : i >= MANY || left < 0) disk.unlinkSync(this.folder + '/' + name)
    })
  }
}

const idOf = (s) => `${s.dev}.${s.ino}.${s.mtimeNs}`

module.exports = { Record, sum }
