import { t } from './trpc.js'
import { account } from './routers/account.js'
import { tasks } from './routers/tasks.js'

export const router = t.router({ account, tasks })
export type Router = typeof router
