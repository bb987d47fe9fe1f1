package drain

import "time"

// turn says whose turn it is on a connection: the one question that matters.
type direction uint8

const (
	dirUnknown direction = iota // cannot be told yet; counts as the program's
	dirRequest                  // a request is there that has not been answered
	dirAnswer                   // the program's data came last: answered, idle
	dirAssumed                  // nothing speaks against the client's turn, nothing proves it: never a ground to close
)

const (
	freshFor  = time.Second           // an accepted connection without a byte is expected to speak within this time
	restedFor = 20 * time.Millisecond // an answer this old is whole, on a connection whose answers never paused
	doubtFor  = 2 * time.Second       // a tie that nothing resolves counts as the program's turn this long
)

// delayedACK is the time after which the kernel has surely acknowledged a
// request by itself if the program did not answer it. tcp_send_delayed_ack
// waits min(ato, max(rtt, 40 ms)) and never over 200 ms in pingpong mode.
func delayedACK(rtt time.Duration) time.Duration {
	if rtt > 0 && rtt <= 40*time.Millisecond {
		return 100 * time.Millisecond
	}
	return 250 * time.Millisecond
}

// judge says whose turn it is. Everything is decided by what is newer, the
// last data received or the last data sent; all after the ages is about the
// tie, both in one tick of the kernel's clock, which with a client that does
// not pause is not the exception but the rule.
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
		return dirAnswer // a request newer than our data would have acknowledged it
	}
	received, sent := s.Received > l.last.Received, s.Sent > l.last.Sent
	switch {
	case l.seen && !received && !sent && (l.dir == dirRequest || l.dir == dirAnswer):
		return l.dir // nothing moved: what was certain still is
	case s.PingPong == no:
		// An answer in the tick of its request turns pingpong mode on
		// (tcp_event_data_sent). It is off, so what came last was a request:
		// either the timer of the delayed ACK has left the mode since
		// (tcp_delack_timer_handler), or the mode was off all along.
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
		// All we sent since the last look is acknowledged, and by no segment
		// without data: the ACK rode on a request that is newer than it.
		return dirRequest
	case s.PingPong == unknown && l.dir == dirAnswer && l.gap == 0 &&
		s.DataIn-l.last.DataIn == 1 && l.last.SentAge >= restedFor:
		// Observing only: nothing was owed for a while, one request came, and
		// something was sent: the answer to it. (Where we may act we need not
		// guess: holding the next answer shows the turn for certain.)
		return dirAnswer
	}
	return dirUnknown
}

// judgeOld resolves a tie on a connection on which nothing moves: by the
// acknowledgements that follow a tick later, or by their absence.
func (l *connState) inferFromAcks(s sample) direction {
	switch {
	case s.AckAge < s.ReceivedAge && s.Retrans == l.retrans:
		// The client acknowledged something in a later tick without sending
		// data: only an answer newer than its request gives it a reason.
		return dirAnswer
	case l.seen && s.AcksOut > l.last.AcksOut && s.AcksIn == l.last.AcksIn:
		return dirRequest // the delayed ACK of a request that nobody answered
	case !l.acked && s.AcksOut == l.last.AcksOut && s.ReceivedAge >= delayedACK(s.RTT):
		// The request was never acknowledged by itself, so it was along with
		// data of ours, which is therefore newer.
		return dirAnswer
	case s.ReceivedAge >= doubtFor:
		return dirAssumed
	}
	return dirUnknown
}
