// What the checks share.
const pids = new Set(), versions = new Set()
let over = false
process.stdin.resume().on('end', () => { over = true })

export const ended = () => over
export const base = `http://127.0.0.1:${process.env.PORT}`

// ask returns an answer, or nothing if there is none.
export async function ask(path, method = 'GET') {
  try {
    const response = await fetch(base + path, { method, signal: AbortSignal.timeout(5000) })
    const answer = response.ok ? await response.json() : undefined
    if (answer?.pid) pids.add(answer.pid) && versions.add(answer.version)
    return answer
  } catch {}
}

// judge says what was seen. Each save has a version of its own, so that more processes than versions are too many.
export function judge(said, lost) {
  const extra = Math.max(0, pids.size - versions.size)
  console.log([said, `${extra} starts without a save`].filter(Boolean).join(', '))
  process.exit(lost || extra ? 1 : 0)
}
