// Package handoff holds the words that all packages of hotswap share about a program and its listening sockets.
//
// An [Endpoint] is an address that the program serves. A [Transport] brings sockets to a program, or learns
// of them: it adds to a [Launch], and its [Session] reports [Event] values while the generation runs.
// A [Warmer] makes a [Standby]: a program that is started ahead, and waits before its own code.
// An [Exit] is how a program ended.
package handoff
