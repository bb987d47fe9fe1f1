'use strict'
// The files that this thread has loaded as modules.

const { realpathSync } = require('node:fs')
const { HOME, safely } = require('../common.cjs')

const MOST = 500 // files of a message
const told = new Set()

/** Answers an order for files. Bun does not say of every file that it has read it (doc.go), so the
 * answer is never exact. */
function tell(send, order) {
  const files = []
  for (const path of Object.keys(require.cache)) {
    if (told.has(path) || !path.startsWith('/') || path.startsWith(HOME)) continue
    told.add(path)
    // A program loads a file anew by a query (import(file + '?2')). undefined: no file, or it is gone.
    const file = safely(realpathSync, path) || safely(realpathSync, path.replace(/\?.*$/, ''))
    if (file) files.push({ path: file, kind: file.endsWith('.json') ? 'json' : 'esm' })
  }
  while (files.length > MOST) send({ type: 'files', seq: order.seq, files: files.splice(0, MOST) })
  send({ type: 'files', seq: order.seq, files, done: true, exact: false })
}

module.exports = { tell }
