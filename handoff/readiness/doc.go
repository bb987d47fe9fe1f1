// Package readiness finds out from outside whether a generation can serve: it
// asks by HTTP, connects to a unix socket, or lets time pass. Each way is a
// transport that hands nothing over and only reports handoff.Ready.
//
// # How is the new generation asked, and not the one that serves?
//
// Both listen on the same address. A question goes to a gate of the new
// generation, by a dial function that is steered to it (handoff/reuseport), and
// never to the port as everybody sees it. At a unix socket, whose path both may
// use, the kernel says which process listens (SO_PEERCRED, unix(7)), and it has
// to be of the generation's tree. Where there are no gates there is no second
// generation either, and a plain connection is certain enough.
//
// # What is not asked?
//
// A certificate is not verified: the question is whether the program answers,
// not who it is, and it never leaves the machine. A redirect is an answer like
// any other and is not followed.
package readiness
