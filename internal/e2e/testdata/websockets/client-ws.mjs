// node client-ws.mjs PORT CLIENTS PATH: clients by the package ws, until standard
// input ends; then one line of JSON.
import { WebSocket } from 'ws'
import { Crowd } from './crowd.mjs'
import { report } from './report.mjs'

const [port, clients, path] = process.argv.slice(2)
const crowd = new Crowd(WebSocket, `ws://127.0.0.1:${port}${path}`, Number(clients))
report(crowd.tally, () => crowd.end())
