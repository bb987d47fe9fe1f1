// Package admin serves what monitoring asks of hotswap, and holds the listeners of hotswap's own HTTP servers.
//
//	GET /metrics  counters, gauges and histograms in the text format of Prometheus
//	GET /healthz  200: hotswap lives
//	GET /readyz   200: a generation serves; else 503. The body says why, in one line
//
// The answers hold nothing secret: numbers, states, and how a process ended.
//
// # Limits
//
// A client has 5 s to send its request and 5 s to take the answer. At most 128 connections are open at an address;
// further ones wait.
//
// # Upgrade
//
// A child gets the listening sockets, and accepts as soon as its generation serves. Then the parent accepts no more.
// Until then the kernel's queue is the same for both, so no client is refused. The counters of the child start at 0.
package admin
