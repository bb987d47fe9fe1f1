package drain

import "time"

// deed is what is to be done to a connection on the program's behalf.
type action uint8

const (
	actNone      action = iota
	actCork             // hold back the end of the next answer
	actPush             // let go what is held now, go on holding back
	actPushWhole        // the same, of an answer that is whole
	actUncork           // let go and hold back no more
	actFinish           // end the connection: what is held back leaves together with the FIN
)

const (
	holdFor   = 24 * time.Millisecond  // a held answer must not grow for this long to be whole
	workHold  = 3 * holdFor            // a held answer of a program that is at work is whole after this time
	workRest  = time.Second            // the same for an answer that has left
	asleepRow = 2                      // looks in a row that must find all threads asleep: they are not read in one instant
	holdMost  = 150 * time.Millisecond // the kernel itself lets held output go after 200 ms
	firstFor  = time.Second            // the first answer that we see must be this old to be taken for whole
	pauseFor  = 150 * time.Millisecond // time a client has to show a pause of calmFor before its answers are held
	smallest  = 64                     // fewer bytes may be an interim answer ('100 Continue' has 25, 47 inside TLS)
	smallRow  = 4                      // so many answers of that size in a row: this program has no larger ones
	tryMost   = 3                      // answers let go to find a pause of the client before one leaves with the FIN
	restFor   = 2 * time.Millisecond   // pause after an answer let go in which the client sent nothing
	provenBy  = 2                      // so many answers of one length must have been whole
	lateTicks = 2                      // ticks a held answer must stand once patience has ended
)

// deed decides what to do after the last look. late: patience has ended, and
// what is not closed now is going to be cut in the midst of a request.
func (l *connState) decide(tick time.Duration, late bool) action {
	s := l.last
	if !l.used {
		return actNone
	}
	hold, rest := max(holdFor, 2*l.gap), max(calmFor, 2*l.gap)
	if !l.known(late) {
		rest = max(rest, firstFor)
	}
	if late {
		hold, rest = min(holdFor, max(lateTicks*tick, 2*l.gap)), lateTicks*tick
	}
	if s.At < l.stream || hold > holdMost {
		if l.corked {
			return actUncork
		}
		if s.At < l.stream {
			return actNone
		}
	}
	switch {
	case s.Unread > 0:
		return l.corkNext(hold, late)
	case l.holdsAnswer():
		switch {
		case s.NotSent < smallest && l.small < smallRow:
			return actPush
		case s.At-l.outAt < hold:
			return actNone
		case l.tries < tryMost && !late:
			return actPushWhole
		}
		return actFinish
	case s.NotSent > 0:
		return l.corkNext(hold, late)
	case l.dir == dirAnswer && l.pushedAt > 0:
		if s.At-l.pushedAt >= restFor {
			return actFinish
		}
		return actNone
	case l.answerPushed():
		if s.At-l.outAt >= max(restFor, 2*l.gap) {
			return actFinish
		}
		return actNone
	case l.dir == dirAnswer:
		if s.At-l.outAt >= rest {
			return actFinish
		}
	}
	return l.corkNext(hold, late)
}

// did notes that a deed was done.
func (l *connState) done(what action) {
	switch what {
	case actCork:
		l.corked = true
	case actPush:
		l.pushed = true
	case actUncork:
		l.corked, l.pushed = false, true
	case actPushWhole:
		l.pushedAt, l.pushed = l.last.At, true
	}
}

// sure reports whether a deed that takes an answer for whole may be done, given
// whether the program is at work right now. A crowded machine, or a scheduler
// inside the program (Go's let a preempted goroutine wait 700 ms), may part the
// two writes of one answer by more than any sensible pause; but somebody is at
// work then. A program that is at work all the time is not waited for for ever:
// less long where the client waits for what we hold.
func (l *connState) certain(working bool) bool {
	limit := workRest
	switch {
	case l.pushedAt > 0:
		return true // judged when it was let go
	case l.last.NotSent > 0:
		limit = workHold
	}
	if l.last.At-l.outAt >= limit {
		return true
	}
	l.asleep++
	if working {
		l.asleep = 0
	}
	return l.asleep >= asleepRow
}

// known: an answer of the connection has been seen from its request to the next
// one, so it is known how long they pause. The first of two may have been seen
// from its middle only. After patience one has to do.
func (l *connState) known(late bool) bool { return l.cycles >= 2 || late && l.cycles == 1 }

// wait holds back the next answer where the program's habits are known from at
// least one whole answer.
func (l *connState) corkNext(hold time.Duration, late bool) action {
	if l.corked || !l.known(late) || hold > holdMost || !late && l.last.At-l.usedAt < pauseFor {
		return actNone
	}
	return actCork
}

// held: an answer to the last request is written, all of it that does not fill
// a segment is still here, and nothing but our cork keeps it: the client could
// take it and owes us no acknowledgement. It has not got the end of the answer,
// so its next request cannot be on the way.
func (l *connState) holdsAnswer() bool {
	s := l.last
	return l.corked && l.parts > 0 && s.NotSent > 0 && s.NotSent < s.MSS &&
		s.Unacked == 0 && s.Window >= s.NotSent && s.Unread == 0
}

// out: an answer that we saw begin, or a part of one, has left, and not by our
// doing.
func (l *connState) answerLeft() bool {
	return l.exact && !l.pushed && l.dir == dirAnswer && l.parts > 0 && l.last.NotSent == 0
}

// pushed: a whole answer left although our cork was there before its request:
// the program has taken the cork off, or has set TCP_NODELAY anew. What cannot
// be held cannot show that it does not go on; its length must tell.
func (l *connState) answerPushed() bool {
	return l.corked && l.corkedBefore && l.answerLeft() && l.sizes.proven(l.last.Written()-l.begun)
}

// same reports whether nothing moved between two samples: what was decided on
// the first still holds.
func same(a, b sample) bool {
	return a.Received == b.Received && a.Sent == b.Sent && a.NotSent == b.NotSent && b.Unread == 0
}
