'use strict'
// Loads and links the program's own ES modules before the standby is released, and runs
// none. Node links a whole graph before it runs the first module. So a first module that
// throws leaves the others linked, and the next import gets them. An error in them is
// thrown again then.

const fs = require('fs')
const { pathToFileURL } = require('url')

// Node 24.2 and newer decide import.meta.main when a module is loaded. So a main module
// that uses more of import.meta than what is the same in all modules is not linked.
const META = /\bimport\s*\.\s*meta\b(?!\s*\??\.\s*(?:url|dirname|filename|resolve|env)\b)/

/** Settles when the modules of the program are linked, or cannot be. */
async function link(channel, load) {
  const url = (file) => pathToFileURL(file).href
  const first = channel.folder + '/first.mjs'
  const graph = channel.folder + '/graph.mjs'
  try {
    if (META.test(fs.readFileSync(channel.plan.main, 'utf8'))) return
    fs.writeFileSync(first, 'throw undefined\n', { mode: 0o600 })
    fs.writeFileSync(graph, `import ${JSON.stringify(url(first))}\nimport ${JSON.stringify(url(channel.plan.main))}\n`, { mode: 0o600 })
    await load(url(graph))
  } catch (e) {
    // The throw, or an error that the program will meet again.
  }
}

module.exports = { link }
