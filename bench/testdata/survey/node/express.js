const express = require('express')

const app = express()
app.get('/ping', (_, response) => {
  response.json({ pong: true, version: Number(process.env.HOTSWAP_GENERATION), pid: process.pid })
})
app.listen(Number(process.env.PORT), '127.0.0.1')
