'use strict'
// The file with what is remembered: V8's form of the answers, behind a digest, because a damaged file must answer
// nothing. One process writes the file under another name and renames it when it is on the disk; a file that anybody
// else could have written is not read.

const crypto = require('crypto')
const { serialize, deserialize } = require('v8')
const disk = require('./disk.cjs')
const { safely } = require('../common.cjs')

const sum = (bytes) => crypto.hash('sha256', bytes)

const FORMAT = 'hotswap remembers 3\n'
const HEAD = FORMAT.length + 64 // and the digest
const MOST = 64 * 1024 * 1024 // bytes of a file
const MANY = 32 // files, of the newest commands
const ALL = 256 * 1024 * 1024 // their bytes

class Record {
  /** key says by what all answers are decided that are no facts of the file system. */
  constructor(folder, key) {
    this.folder = folder
    this.key = key
    this.path = folder + '/' + sum(key).slice(0, 32)
    this.id = '' // of the file that was read last
  }

  /** Returns what was written, or null; throws where there is none. */
  read() {
    const fd = disk.openSync(this.path, disk.constants.O_RDONLY | disk.constants.O_NOFOLLOW)
    try {
      const s = disk.fstatSync(fd, { bigint: true })
      if (!s.isFile() || Number(s.uid) !== process.geteuid() || (Number(s.mode) & 0o077) !== 0 || s.size > MOST)
        return null
      const bytes = disk.readFileSync(fd)
      const body = bytes.subarray(HEAD)
      if (bytes.toString('latin1', 0, HEAD) !== FORMAT + sum(body)) return null
      const { key, answers } = deserialize(body)
      this.id = idOf(s)
      return key === this.key ? answers : null
    } finally {
      disk.closeSync(fd)
    }
  }

  /** Reports whether the file is gone, or another one than that which was read. */
  isAnother() {
    return safely(() => idOf(disk.statSync(this.path, { bigint: true }))) !== this.id
  }

  /** The steps in which answers are written. The last one puts them on the disk and in place, and calls its argument then: a
   * disk may be slow, and the program serves meanwhile. */
  *write(answers) {
    const body = serialize({ key: this.key, answers })
    if (HEAD + body.length > MOST) return
    yield
    const head = Buffer.from(FORMAT + sum(body))
    yield
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
      for (const part of [head, body]) disk.writeFileSync(fd, part)
    } catch (e) {
      return end(e)
    }
    yield (done) =>
      disk.fsync(fd, (error) => {
        safely(end, error)
        done()
      })
  }

  /** Removes the files of the oldest commands, and what processes have left that were killed as they wrote. */
  discard() {
    let left = ALL
    const files = disk
      .readdirSync(this.folder)
      .map((name) => ({ name, s: disk.statSync(this.folder + '/' + name) }))
      .sort((a, b) => b.s.mtimeMs - a.s.mtimeMs)
    files.forEach(({ name, s }, i) => {
      left -= s.size
      const partial = !/^[0-9a-f]{32}$/.test(name)
      if (partial ? disk.clock() - s.mtimeMs > 3600000 : i >= MANY || left < 0)
        disk.unlinkSync(this.folder + '/' + name)
    })
  }
}

const idOf = (s) => `${s.dev}.${s.ino}.${s.mtimeNs}`

module.exports = { Record }
