const cluster = require('cluster')
let listening = 0
cluster.on('listening', () => ++listening === 2 && console.log('both workers listen'))
if (cluster.isPrimary) for (let n = 0; n < 2; n++) cluster.fork()
else require('./server.js')
