package drain

import "time"

// action is what hotswap does to a connection.
type action uint8

const (
	actNone      action = iota
	actCork             // hold back the end of the next answer
	actPush             // send what is held back, and go on holding back
	actPushWhole        // the same, when the answer is whole
	actUncork           // send what is held back, and stop holding back
	actFinish           // end the connection: what is held back is sent with the FIN
)

const (
	holdFor   = 24 * time.Millisecond  // a held answer that has not grown for this long is whole
	workHold  = 2 * holdFor            // so much more if the program is at work
	workRest  = time.Second            // the same for an answer that was sent
	holdMost  = 150 * time.Millisecond // the kernel itself sends corked output after 200 ms
	firstFor  = time.Second            // the first answer of a connection must be this old to count as whole
	pauseFor  = 150 * time.Millisecond // how long a client may show a pause of calmFor before its answers are held
	smallest  = 64                     // fewer bytes may be an interim answer ('100 Continue' has 25, 47 inside TLS)
	smallRow  = 4                      // this many answers of that size in a row: the program has no larger ones
	tryMost   = 3                      // answers that are sent to find a pause of the client before one is sent with the FIN
	restFor   = 2 * time.Millisecond   // a pause of the client after such an answer
	provenBy  = 2                      // this many answers of one length must have been whole
	lateTicks = 2                      // a held answer must not grow for this many ticks once patience has ended
)

// next returns what to do after the last look, as decide does, with a connection that hotswap may end.
func (l *connState) next(tick time.Duration, late bool) action {
	switch {
	case l.endable():
		return l.decide(tick, late)
	case l.corked:
		return actUncork
	}
	return actNone
}

// decide returns what to do after the last look. late says that patience has ended: a connection that is not
// ended now will be cut in the middle of a request.
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
	if l.maybeInterim() || l.unfinished(late) {
		rest = max(rest, firstFor)
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
		case !l.known(late), !l.sizes.leaves(late):
			return actPush
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

// done notes that the action was done.
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

// activity says whether a program may be about to write to a connection.
type activity uint8

const (
	resting activity = iota // at one instant all threads slept although the connection took output
	working                 // a thread runs, or waits for a processor or a disk
	waiting                 // the program is stopped, or the connection takes no output
)

// certain reports whether an answer counts as whole. now returns what the program does, and for how long it
// has had all the processors that it wanted, as far as hotswap has looked. A busy machine or a scheduler
// inside the program (Go's let a preempted goroutine wait 700 ms) may delay the second write of an answer
// longer than any sensible pause, but a thread is at work then. A program that is always at work is not waited
// for for ever, and less long while the client waits for held output. Only time in which the program could
// have written counts.
func (l *connState) certain(now func() (activity, time.Duration)) bool {
	if l.pushedAt > 0 && l.rested {
		return true // it was whole when it was sent
	}
	does, ran := now()
	if !l.checked {
		l.checked, l.ran = true, ran
	}
	l.rested = does == resting
	if does == waiting {
		l.checked = false
	}
	limit := workRest
	if l.last.NotSent > 0 {
		limit = workHold
	}
	return l.rested || l.checked && ran-l.ran >= limit
}

// known reports whether a whole answer was seen, from its request to the next, so that its pauses are known.
// It takes two, because the first may have been seen from its middle only; when late, one.
func (l *connState) known(late bool) bool { return l.cycles >= 2 || late && l.cycles == 1 }

// maybeInterim reports whether the output since the last input may be an interim answer, after which the client
// sends more of its request. If an answer, a request and output came between two looks, the output may be one of
// any length.
func (l *connState) maybeInterim() bool {
	return l.small < smallRow && (l.vague || l.parts > 0 && l.last.Written()-l.begun < smallest)
}

// corkNext holds back the next answer if the program's pauses are known, or if it removes the cork itself.
func (l *connState) corkNext(hold time.Duration, late bool) action {
	known := l.known(late) && (late || l.last.At-l.usedAt >= pauseFor)
	if l.corked || hold > holdMost || !known && l.sizes.removals == 0 {
		return actNone
	}
	return actCork
}

// holdsAnswer reports whether the end of an answer to the last request is held back by the cork alone: it
// fills no segment, the client could take it and owes no acknowledgement. The client has not got the end of
// the answer, so its next request cannot be under way.
func (l *connState) holdsAnswer() bool {
	s := l.last
	return l.corked && l.parts > 0 && s.NotSent > 0 && s.NotSent < s.MSS &&
		s.Unacked == 0 && s.Window >= s.NotSent && s.Unread == 0
}

// answerLeft reports whether an answer, or a part of one, whose beginning was seen was sent without hotswap's
// doing.
func (l *connState) answerLeft() bool {
	return l.exact && !l.pushed && l.dir == dirAnswer && l.parts > 0 && l.last.NotSent == 0
}

// answerPushed reports whether a whole answer was sent although the connection was corked: the program has
// removed the cork or set TCP_NODELAY. The length must tell that it is whole.
func (l *connState) answerPushed() bool {
	if !l.corked || !l.answerLeft() || !l.sizes.proven(l.last.Written()-l.begun) {
		return false
	}
	if l.sizes.removals > 0 {
		return l.removal.seen && l.removal.ours
	}
	return l.corkedBefore
}

// same reports whether nothing moved between two samples.
func same(a, b sample) bool {
	return a.Received == b.Received && a.Sent == b.Sent && a.NotSent == b.NotSent && b.Unread == 0
}
