const cluster = require('cluster')
if (cluster.isPrimary) for (let n = 0; n < 2; n++) cluster.fork()
else require('./server.js')
