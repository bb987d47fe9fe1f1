import functions from '@google-cloud/functions-framework'
import { add, list } from './log.mjs'
import { handler } from './web.mjs'

functions.http('web', handler({ add, list }))
