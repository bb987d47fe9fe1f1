import { createTransport } from 'nodemailer'
import pLimit from 'p-limit'

const transport = createTransport({ jsonTransport: true })
const atOnce = pLimit(2)

export const send = (to: string, subject: string, text: string) =>
  atOnce(() => transport.sendMail({ from: 'shop@example.com', to, subject, text }))
