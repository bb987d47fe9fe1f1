// Package unserved shows this user's browser why nothing serves, in place of a page that loads for ever.
//
// # When?
//
// While no generation serves, and none will begin before a file changes, or the last start has failed, or the program
// crashes again and again. A program that restarts at once after a crash is waited for.
//
// # Who is accepted?
//
// hotswap cannot give an accepted client back to the queue. So clients are accepted only while all who wait are of this
// machine and user ([reuseport.Registry.AcceptUnserved]). Their requests are not read but peeked at (MSG_PEEK, recv(2)).
// A browser's navigation to an address of this machine gets the page, and the connection ends. Everybody else waits,
// silent clients too, and is passed on to the generation that serves next, with all bytes in place. The program then has
// hotswap as its client ([relay.Relay.Pass]). Nothing is accepted beyond [most]: who comes then waits in the queue.
//
// # How does the page go?
//
// The page asks for its own URL once, by HEAD, and that request waits as all do: when the program answers it, or the
// reason has become another one, the page loads anew. Of those whose client has gone, GET and
// HEAD make room, and who never sent anything: nobody would miss the answer.
//
// # What others can see
//
// The page shows the last lines of the program, without what looks like a secret. A process that listens or has accepted
// clients of TCP may speak for somebody at another machine, as a proxy does: its requests wait, as does a request that
// says that it was forwarded. A Host that is no name of this machine may be another site's (DNS rebinding).
package unserved
