// Package proxy accepts clients at an address that hotswap keeps, and passes their bytes to the generation that serves.
// It needs nothing of the operating system, and of the program only that it listens at the port in its variable PORT.
// The program sees 127.0.0.1 as its client.
//
// # How does a generation get a port?
//
// Before each start hotswap chooses a free port between 20000 and 29999, where Linux and macOS give none to outgoing
// connections, and gives it to the program in PORT. Nobody can reserve a port for another process: a socket that is
// bound keeps the program from binding. So another program may take the port meanwhile; then this one fails as ever
// (EADDRINUSE). A generation listens when the system says that one of its processes has a listening socket at its port,
// and that accepts a connection. Where the system does not say (no lsof, a sandbox), the second alone counts.
//
// # Who gets a client?
//
// Only the sockets that were found so, at their addresses: another user may listen at the same port of another address,
// or take the port when the program has closed its socket. So Linux is asked which socket answers, right before and
// after each connection. If it is none of the generation's, clients wait until the generation is found to listen again.
//
// # What does a cutover do?
//
// It changes one number: which generation the next connection goes to. A connection of a client that is between two
// requests loses its server, and gets one of the new generation when its client asks again. A connection in the middle
// of a request stays until its answer is whole. So no request is cut, and no client notices.
//
// # How is the end of a request known?
//
// The proxy follows the messages of HTTP/1 (RFC 9112) as they pass, from the connection's first byte on, and changes
// none. What two readers might read differently (two lengths, a bare line feed, an unknown coding), and what is no
// HTTP/1 (TLS, HTTP/2, a WebSocket), is opaque: such a connection stays with its generation to the end. It counts as
// busy while its client spoke last, and for a second after each byte.
//
// # What is passed on besides bytes?
//
// The end of one direction (FIN) and resets. While nobody serves, the proxy does not accept: clients wait in the
// kernel's queue. Before the first generation serves, it does: a browser's page is one that loads again by itself, and
// others wait. A connection to a private port that fails is tried again, at the generation that serves then.
//
// # What do silent clients cost?
//
// Above the limit of connections the one ends that has been silent for the longest time; while all are in the middle of
// a request, clients wait. A connection whose head is longer than 16 KB is opaque.
package proxy
