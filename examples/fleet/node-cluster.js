// Node's cluster: the primary listens and hands connections to two workers.
const cluster = require('node:cluster')

if (cluster.isPrimary) {
  for (let i = 0; i < 2; i++) cluster.fork()
} else {
  require('./node-http.js')
}
