// Node's cluster: the primary listens and hands connections to two workers, which all have
// the version that the primary has read.
const cluster = require('node:cluster')

if (cluster.isPrimary) {
  const { version } = require('./version.json')
  for (let i = 0; i < 2; i++) cluster.fork({ VERSION: version })
} else {
  require('./node-http.js')
}
