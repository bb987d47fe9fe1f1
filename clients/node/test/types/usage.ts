// What a program may write, and what the compiler has to refuse.
import {
  adopted, defineState, deleteState, generation, getState, incrementState, lease, listState,
  onDrain, onHandoff, onServe, setState, updateState,
} from 'hotswap-dev'
import type { Drain, HotswapError } from 'hotswap-dev'

interface Config {
  name: string
  limits: { requests: number }
}

export async function use(socket: object): Promise<void> {
  const config: Config = await defineState('config', async () => ({ name: 'a', limits: { requests: 3 } }), { ttl: 1000 })
  const again: Config | undefined = await getState<Config>('config')
  await setState('config', again ?? config, { ttl: 5 })
  const visits: number = await updateState<number>('visits', (n = 0) => n + 1)
  const sum: number = (await incrementState('visits')) + (await incrementState('visits', visits))
  const gone: boolean = await deleteState('config')
  for (const { key, size } of await listState('a')) await setState(key, new Uint8Array(size + sum))
  console.log(gone)

  onServe(() => {})
  onDrain(async ({ drained, signal }: Drain) => {
    if (await drained) console.log('drained')
    console.log(signal.aborted)
  })
  console.log(generation.toFixed())

  const cron = lease('cron', (signal) => {
    const timer = setInterval(() => console.log(signal.aborted), 1000)
    return () => clearInterval(timer)
  })
  lease('queue', async (signal) => {
    while (!signal.aborted) await setState('queue', [])
  })
  await cron.stop()

  onHandoff(socket, () => ({ position: 1 }))
  const position: number | undefined = adopted<{ position: number }>(socket)?.state.position
  console.log(position)
  try {
    await setState('a', 1)
  } catch (error) {
    if ((error as HotswapError).code === 'full') console.log(error)
  }

  // @ts-expect-error a function is needed
  await defineState('config', 3)
  // @ts-expect-error the function must return the new value
  await updateState<number>('visits', (n) => {})
  // @ts-expect-error there is no such option
  await setState('a', 1, { seconds: 1 })
  // @ts-expect-error a name is needed
  await keep(socket)
  // @ts-expect-error constant
  generation = 3
}
