package drain

import "time"

// direction says which is newer on a connection, a request or an answer.
type direction uint8

const (
	dirUnknown direction = iota // not known yet; counts as a request
	dirRequest                  // a request has not been answered: busy
	dirAnswer                   // the program's data came last: idle
	dirAssumed                  // an answer, but not proven: never a reason to end the connection
)

const (
	freshFor  = time.Second           // a new connection without a byte is expected to send a request within this time
	restedFor = 20 * time.Millisecond // an answer this old is whole, on a connection whose answers never paused
	doubtFor  = 2 * time.Second       // a tie that nothing resolves counts as a request this long
)

// delayedACK returns the time after which the kernel has acknowledged a request that the program did not
// answer. tcp_send_delayed_ack waits min(ato, max(rtt, 40 ms)), at most 200 ms in pingpong mode.
func delayedACK(rtt time.Duration) time.Duration {
	if rtt > 0 && rtt <= 40*time.Millisecond {
		return 100 * time.Millisecond
	}
	return 250 * time.Millisecond
}

// infer returns the direction: is the last data received newer, or the last data sent? All cases after the
// ages resolve the tie of both in one tick of the kernel's clock, which is the rule with a client that does
// not pause.
func (l *connState) infer(s sample) direction {
	switch {
	case s.Unread > 0:
		return dirRequest
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
	}
	received, sent := s.Received > l.last.Received, s.Sent > l.last.Sent
	switch {
	case l.seen && !received && !sent && (l.dir == dirRequest || l.dir == dirAnswer):
		return l.dir // nothing moved: what was certain still is
	case s.PingPong == no:
		// An answer in the tick of its request turns pingpong mode on (tcp_event_data_sent). The mode is off,
		// so a request came last: either the delayed ACK has ended the mode (tcp_delack_timer_handler), or it
		// was off all along.
		return dirRequest
	case s.DataIn == 1 && s.Sent > 0:
		return dirAnswer // one segment in all, and something sent since
	case !l.seen, !received && !sent:
		return l.inferFromAcks(s)
	case !sent:
		return dirRequest
	case !received:
		return dirAnswer
	case s.AcksIn == l.last.AcksIn && s.Retrans == l.last.Retrans:
		// Everything sent since the last look is acknowledged, but not by a bare ACK: a newer request carried
		// the acknowledgement.
		return dirRequest
	case s.PingPong == unknown && !l.acts && l.dir == dirAnswer && l.gap == 0 &&
		s.DataIn-l.last.DataIn == 1 && l.last.SentAge >= restedFor:
		// After a rest one request came, and something was sent: the answer to it. (This is for observing
		// only. Where hotswap may act, holding the next answer makes certain.)
		return dirAnswer
	}
	return dirUnknown
}

// inferFromAcks resolves a tie on a connection on which nothing moves, by the acknowledgements that follow a
// tick later, or by their absence.
func (l *connState) inferFromAcks(s sample) direction {
	switch {
	case s.AckAge < s.ReceivedAge && s.Retrans == l.retrans:
		// The client sent a bare ACK in a later tick, so it got an answer newer than its request.
		return dirAnswer
	case l.seen && s.AcksOut > l.last.AcksOut && s.AcksIn == l.last.AcksIn:
		return dirRequest // the delayed ACK of a request that was not answered
	case !l.acked && s.AcksOut == l.last.AcksOut && s.ReceivedAge >= delayedACK(s.RTT):
		// No bare ACK acknowledged the request, so an answer did, which is therefore newer.
		return dirAnswer
	case s.ReceivedAge >= doubtFor:
		return dirAssumed
	}
	return dirUnknown
}
