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
	freshFor = time.Second     // a new connection without a byte is expected to send a request within this time
	doubtFor = 2 * time.Second // a tie that nothing resolves counts as a request this long
)

// delayedACK returns the time after which the kernel has acknowledged a request that the program did not
// answer. tcp_send_delayed_ack waits min(ato, max(rtt, 40 ms)), at most 200 ms in pingpong mode.
func delayedACK(rtt time.Duration) time.Duration {
	if rtt > 0 && rtt <= 40*time.Millisecond {
		return 100 * time.Millisecond
	}
	return 250 * time.Millisecond
}

// infer returns the direction by the ages of what came in and what went out last, and if these are equal, by the
// acknowledgements. The program has read all that has come.
func (c *connection) infer(s sample) direction {
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
	case s.DataIn == 1 && s.Sent > 0:
		return dirAnswer // one segment in all, and something sent since
	case s.AckAge < s.ReceivedAge && s.Retrans == c.retrans:
		// The client sent a bare ACK in a later tick, so it got an answer newer than its request.
		return dirAnswer
	case c.seen && s.AcksOut > c.last.AcksOut && s.AcksIn == c.last.AcksIn:
		return dirRequest // the delayed ACK of a request that was not answered
	case s.PingPong == unknown && !c.acked && s.AcksOut == c.last.AcksOut && s.ReceivedAge >= delayedACK(s.RTT):
		// No bare ACK acknowledged the request, so an answer did, which is therefore newer.
		return dirAnswer
	case s.ReceivedAge >= doubtFor:
		return dirAssumed
	case s.PingPong == yes && s.ReceivedAge >= delayedACK(s.RTT):
		// The delayed ACK of a request in one segment would have ended the mode by now. One in two segments is
		// acknowledged when the program reads it.
		return dirLikely
	}
	return dirUnknown
}
