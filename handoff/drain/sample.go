package drain

import "time"

// sample is what the kernel says of one connection at one instant.
type sample struct {
	At time.Duration // when, since the drain began

	Unread  int    // bytes received that the program has not read yet (SIOCINQ)
	NotSent uint32 // bytes that the program has written and the kernel has not sent yet
	Unacked uint32 // segments sent that the client has not acknowledged yet

	Received uint64 // bytes received in order
	Sent     uint64 // bytes sent, repetitions not counted
	Acked    uint64 // bytes that the client has got

	// Ages have the granularity of the kernel's tick. If two events have different ages, the younger came
	// later.
	SentAge     time.Duration // since data was last sent
	ReceivedAge time.Duration // since data was last received

	RTT      time.Duration
	PingPong tri // the kernel delays ACKs to send them with an answer
}

// Written returns how many bytes the program has written.
func (s sample) Written() uint64 { return s.Sent + uint64(s.NotSent) }

// tri is a bool that may be unknown.
type tri uint8

const (
	unknown tri = iota
	yes
	no
)

// Read returns how many bytes the program has read.
func (s sample) Read() uint64 { return s.Received - uint64(s.Unread) }
