// Saves the page every two seconds until its standard input ends: Vite tells the browser each time, and nothing starts.
import { writeFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { ask, base, ended, judge } from './seen.mjs'

let saves = 0, told = 0, socket
async function open() { // as a page does
  try {
    const token = (await (await fetch(`${base}/@vite/client`)).text()).match(/wsToken = "([^"]*)"/)?.[1]
    await fetch(`${base}/main.js`)
    socket = new WebSocket(`${base.replace('http', 'ws')}/?token=${token}`, 'vite-hmr')
    socket.onmessage = ({ data }) => { if (/"(update|full-reload)"/.test(data)) told++ }
    socket.onclose = () => setTimeout(open, 200)
  } catch { setTimeout(open, 200) }
}
await open()
while (!ended()) {
  await pause(2000)
  await ask('/ping')
  await writeFile('page/main.js', `document.title = '${++saves}'\nimport.meta.hot.accept()\n`)
  await pause(500)
  await ask('/ping')
}
judge(`${told} of ${saves} saves of the page told`, 0)
