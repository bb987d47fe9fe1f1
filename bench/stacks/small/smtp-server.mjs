// Mail comes at the same port of another address.
import { SMTPServer } from 'smtp-server'
import { add, list } from './log.mjs'
import { serve } from './web.mjs'

new SMTPServer({
  authOptional: true, disabledCommands: ['STARTTLS'],
  async onData(mail, session, done) {
    for await (const line of mail.map(String)) await add(line.match(/\d+/)[0])
    done()
  },
}).listen(process.env.PORT, '127.0.0.2')
serve({ list })
