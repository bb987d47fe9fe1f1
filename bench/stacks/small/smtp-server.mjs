// Mail comes at the next port.
import { SMTPServer } from 'smtp-server'
import { add, list } from './log.mjs'
import { serve } from './web.mjs'

new SMTPServer({
  authOptional: true, disabledCommands: ['STARTTLS'],
  async onData(mail, session, done) {
    for await (const line of mail.map(String)) await add(line.match(/\d+/)[0])
    done()
  },
}).listen(Number(process.env.PORT) + 1, '127.0.0.1')
serve({ list })
