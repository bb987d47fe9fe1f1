// Package sockets has what Linux does for package reuseport, which decides: it opens sockets that share an address,
// steers the kernel's reuseport groups by a program of classic BPF, and asks for queues, handshakes and listeners.
package sockets
