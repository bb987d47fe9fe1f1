// Everything that run gives.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { text } from 'node:stream/consumers'
import { run } from 'hotswap-dev'

const ask = () => new Promise((resolve, reject) => get({ port: process.env.PORT, host: '127.0.0.1', agent: false }, (answer) => resolve(text(answer))).on('error', reject))
const program = ['node', 'server.mjs']

const swap = await run({ command: program, args: ['--no-warm'], stdio: ['ignore', 'pipe', 'pipe'] })
const all = []
swap.on('event', (event) => all.push(event))
const event = (name, gen) => new Promise((resolve) => swap.on(name, (event) => event.gen === gen && resolve(event)))
const [first, second, third, broken] = [event('serving', 1), event('serving', 2), event('serving', 3), event('failed', 4)]
const said = text(swap.child.stderr)
await swap.wait()
assert.equal((await first).cause, 'first') // no event is lost between run and on
assert.equal(await ask(), 'version 1')
writeFileSync('version.mjs', 'export const version = 2')
assert.deepEqual((await second).files, ['version.mjs'])
assert.equal(await ask(), 'version 2')
await swap.reload()
await third
assert.equal((await swap.status()).generations.find(({ state }) => state === 'serving').id, 3)
writeFileSync('version.mjs', 'export const version =')
await broken
for (const failing of [() => swap.reload(), () => swap.wait({ timeout: 60_000 })]) await assert.rejects(failing, { name: 'HotswapError', code: 'failed', exitCode: 1, message: /^generation \d failed: .*SyntaxError/ })
assert.equal(await ask(), 'version 2')
assert.deepEqual(await swap.stop(), { code: 0, signal: null })
assert.deepEqual(await swap.exited, await swap.stop())
assert.equal(all.at(-1).event, 'drained')
assert.match(await said, /generation 3 serves/)
for (const call of ['status', 'reload', 'wait']) await assert.rejects(swap[call](), { code: 'unavailable', exitCode: 0, message: 'hotswap has ended with exit code 0' })
await assert.rejects(ask(), { code: 'ECONNREFUSED' })

for (const stdio of ['ignore', 'pipe']) await assert.rejects(run({ command: program, args: ['--nope'], stdio }), { code: 'failed', exitCode: 64, message: 'unknown option --nope; see hotswap help options' })
await assert.rejects(run({ command: program, args: ['--listen', '192.0.2.1:80'], stdio: 'pipe' }), { exitCode: 69, message: /^--listen 192.0.2.1:80: / })
await assert.rejects(run({ command: program, args: ['--listen', '192.0.2.1:80'], stdio: 'ignore' }), { exitCode: 69, message: /^hotswap has ended with exit code 69; / })
await assert.rejects(run({ command: program, cwd: '/missing' }), { code: 'unavailable', message: /cannot be run in \/missing \(ENOENT\)$/ })
await assert.rejects(run({ command: 'node server.mjs' }), { name: 'TypeError', message: 'hotswap: command must be a list of strings' })

const once = await run({ command: ['node', '-e', 'process.exit(7)'], args: ['--no-watch', '--max-crashes', '1'], stdio: 'ignore' })
assert.deepEqual(await once.exited, { code: 7, signal: null })

const killed = await run({ command: ['node', '-e', 'setInterval(() => {}, 1e6)'], stdio: 'ignore' })
killed.child.kill('SIGKILL')
assert.deepEqual(await killed.exited, { code: null, signal: 'SIGKILL' })
await assert.rejects(killed.status(), { message: 'hotswap has ended by SIGKILL' })
