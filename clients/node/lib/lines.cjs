'use strict'
// Splits what a socket receives into lines. Each byte is looked at once, so a long line in
// many chunks costs no more than a short one.

const NEWLINE = 10

class Lines {
  /** max is the length in bytes beyond which a line is an error. */
  constructor(max) {
    this.max = max
    this.rest = [] // the chunks of a line that is not complete
    this.size = 0 // of rest
  }

  /** Returns the lines that chunk completes. */
  add(chunk) {
    const end = chunk.lastIndexOf(NEWLINE)
    if (end < 0) {
      this.hold(chunk)
      return []
    }
    let text
    if (this.size === 0) {
      text = chunk.toString('utf8', 0, end)
    } else {
      this.hold(chunk.subarray(0, end)) // its first line may be all of it
      text = Buffer.concat(this.rest, this.size).toString('utf8')
      this.rest = []
      this.size = 0
    }
    if (end + 1 < chunk.length) this.hold(chunk.subarray(end + 1))
    return text.split('\n')
  }

  hold(chunk) {
    this.rest.push(chunk)
    this.size += chunk.length
    if (this.size > this.max) throw new Error(`a line of more than ${this.max} bytes`)
  }
}

module.exports = { Lines }
