import { pino } from 'pino'
import pretty from 'pino-pretty'

export const logger = pino({ level: 'warn', redact: ['req.headers.authorization'] }, pretty({ colorize: false, sync: true }))
