import { formatISO } from 'date-fns'
import { nanoid } from 'nanoid'
import { z } from 'zod'

export const Customer = z.object({ id: z.string(), name: z.string().min(1), since: z.string() })
export const newCustomer = (name: string) => Customer.parse({ id: nanoid(), name, since: formatISO(new Date()) })
