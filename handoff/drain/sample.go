package drain

import "time"

// sample is what the kernel tells about one connection at one instant.
type sample struct {
	At time.Duration // when, since the drain began

	Unread  int    // bytes received that the program has not read (SIOCINQ)
	NotSent uint32 // bytes that the program has written and the kernel has not sent
	Unacked uint32 // segments sent that the client has not acknowledged

	Received uint64 // bytes received in order
	Sent     uint64 // bytes sent, repetitions not counted
	Acked    uint64 // bytes that the client has acknowledged

	// Both ages count in ticks of the kernel's clock. If two events have different ages, the younger one came later.
	SentAge     time.Duration // since the kernel last sent data
	ReceivedAge time.Duration // since the kernel last received data

	// RTT is the mean round trip, with the client's delayed ACKs: a client that pauses for 30 ms before each request seems to be
	// 30 ms away, and to pause for a round trip only. MinRTT is the shortest that the kernel has measured, which says too little
	// of a far client: inspect takes it as RTT of those of this machine.
	RTT, MinRTT time.Duration
	// PingPongOff says that the kernel does not wait for an answer to acknowledge what comes (TCP_QUICKACK). False where
	// only sock_diag tells about the connection.
	PingPongOff bool
}

// Written returns how many bytes the program has written.
func (s sample) Written() uint64 { return s.Sent + uint64(s.NotSent) }

// Read returns how many bytes the program has read.
func (s sample) Read() uint64 { return s.Received - uint64(s.Unread) }
