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
// A browser's navigation gets the page, if it has the token or names this machine, and the connection ends. Everybody else waits,
// silent clients too, and is passed on to the generation that serves next, with all bytes in place. The program then has
// hotswap as its client ([relay.Relay.Pass]). Nothing is accepted beyond [most]: who comes then waits in the queue.
//
// # How does the page go?
//
// Each second the page asks at a path of its own. hotswap's answer names what a page would say. When that is something else,
// or the program answers, the page loads anew. So the program is asked for the page's URL once, which may count. Of those
// whose client has gone, GET and HEAD make room, and who never sent anything: nobody would miss the answer.
//
// # Who sees the page?
//
// Who has the token of the terminal's line, in the URL or in the cookie that the page sets then. Others get one neutral
// sentence. A client of this machine and user may speak for somebody far away: the end of a tunnel (ssh -R) is nothing but a
// client.
package unserved
