package drain

import "time"

// direction says which is newer on a connection: what the program has read, or what it has sent.
type direction uint8

const (
	dirUnknown direction = iota // not known yet; counts as a request
	dirRequest                  // a request has not been answered: busy
	dirAnswer                   // the program's data came last: idle
	dirLikely                   // an answer, or a request in two segments
	dirAssumed                  // the same for so long that it does not keep the program from being told to stop
)

const (
	freshFor   = time.Second            // a new connection without a byte is expected to send a request within this time
	doubtFor   = 2 * time.Second        // a tie that nothing resolves counts as a request this long
	delayedACK = 100 * time.Millisecond // the kernel has acknowledged a request by then (tcp_send_delayed_ack)
)

// infer returns the direction by the ages of what came in and what went out last. The program has read all that has
// come. It is asked about what went on before the first look, and of connections that only sock_diag tells of.
func infer(s sample) direction {
	switch {
	case s.Received == 0 && s.Sent == 0:
		if min(s.SentAge, s.ReceivedAge) < freshFor {
			return dirRequest // just accepted: its request is on the way
		}
		return dirAnswer
	case s.ReceivedAge < s.SentAge:
		return dirRequest
	case s.ReceivedAge > s.SentAge:
		return dirAnswer
	case s.Unacked > 0:
		return dirAnswer // a request newer than the answer would have acknowledged it
	case s.PingPong == no:
		// An answer in the tick of its request turns pingpong mode on (tcp_event_data_sent). The mode is off,
		// so a request came last: either the delayed ACK has ended the mode (tcp_delack_timer_handler), or it
		// was off all along.
		return dirRequest
	case s.ReceivedAge >= doubtFor:
		return dirAssumed
	case s.PingPong == yes && s.ReceivedAge >= delayedACK:
		// The delayed ACK of a request in one segment would have ended the mode by now. One in two segments is
		// acknowledged when the program reads it.
		return dirLikely
	}
	return dirUnknown
}
