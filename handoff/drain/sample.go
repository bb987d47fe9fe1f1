package drain

import "time"

// sample is what the kernel says of one connection at one instant: facts only,
// comparable, nothing concluded.
type sample struct {
	At time.Duration // when, since the drain began

	Unread  int    // bytes received that the program has not read yet (SIOCINQ)
	NotSent uint32 // bytes written by the program that have not left yet
	Unacked uint32 // segments sent that the client has not acknowledged yet
	MSS     uint32 // largest segment we may send
	Window  uint32 // what the client is ready to take

	Received uint64 // bytes received in order
	Sent     uint64 // bytes sent, repetitions not counted
	Retrans  uint64 // bytes sent again
	DataIn   uint32 // segments with data received
	DataOut  uint32 // segments with data sent, repetitions counted
	AcksIn   uint32 // segments without data received
	AcksOut  uint32 // segments without data sent

	// Ages have the granularity of the kernel's tick. They are exact in one
	// sense only: of two events with different ages the younger came later.
	SentAge     time.Duration // since data was last sent
	ReceivedAge time.Duration // since data was last received
	AckAge      time.Duration // since the client last acknowledged, with or without data

	RTT      time.Duration
	PingPong tri // the kernel holds ACKs back to send them along with an answer
}

// Written is how much the program has written to the connection.
func (s sample) Written() uint64 { return s.Sent + uint64(s.NotSent) }

// tri is a yes or a no that may be unknown.
type tri uint8

const (
	unknown tri = iota
	yes
	no
)
