package drain

import "time"

// ledger is what is remembered of one connection from look to look. It is a
// pure value: samples in, class and deed out; no clock, no kernel.
type connState struct {
	seen bool   // there was a look before
	last sample // what it showed
	dir  direction

	acked   bool   // our kernel sent an ACK without data when or after the last input came (or we cannot know)
	retrans uint64 // bytes sent again, as of the last input

	used         bool           // something was received while we watched: a client is working on it
	usedAt       time.Duration  // since when
	cycles       int            // requests that came after an answer we saw
	parts        int            // bursts of output since the last input
	outAt        time.Duration  // when output was last seen to grow
	still        bool           // a look since then showed no growth though nothing was on its way to the client
	begun        uint64         // Written when the last input came
	small        int            // answers in a row that were smaller than an interim answer may be
	gap          time.Duration  // longest pause seen inside one answer
	stream       time.Duration  // until when it counts as a stream in progress
	corked       bool           // we hold its output back
	corkedBefore bool           // we did when the last input came
	pushed       bool           // we have let output go since then
	exact        bool           // begun is certain
	sizes        *responseSizes // of the program: all its connections share them
	pushedAt     time.Duration  // when the answer that was held, and is whole, was let go; 0: none, or the client has gone on
	tries        int            // answers let go that the client followed up at once
	asleep       int            // checks in a row that found the program not at work
	ended        int            // requests seen to finish
}

// habits are what is known of a program from all its connections.
type responseSizes struct {
	whole  [32]uint64 // lengths of the last answers seen from their beginning to the next request
	count  int        // how many there have been
	parted bool       // output that looked like an answer went on: lengths prove nothing
}

func (h *responseSizes) prove(length uint64) {
	h.whole[h.count%len(h.whole)] = length
	h.count++
}

// proven: an answer of this very length was whole, more than once.
func (h *responseSizes) proven(length uint64) bool {
	same := 0
	for _, n := range h.whole {
		if n == length {
			same++
		}
	}
	return !h.parted && length >= smallest && same >= provenBy
}

// class is what a connection counts as.
type class uint8

const (
	classQuiet class = iota // parked: nothing of it concerns us
	classInUse              // idle at this instant, but a client works on it or an answer is a moment old
	classBusy               // a request is being answered, or we cannot be sure that none is
)

const (
	streamFor = time.Second            // output without input counts as a stream until it pauses this long
	calmFor   = 100 * time.Millisecond // an answer this old is taken to be whole
)

// note takes a look into account.
func (l *connState) observe(s sample, tick time.Duration) {
	if l.sizes == nil {
		l.sizes = new(responseSizes)
	}
	was, out, length := l.dir, l.answerLeft(), l.last.Written()-l.begun
	l.dir = l.infer(s)
	if !l.seen {
		l.seen, l.acked, l.still, l.retrans, l.last = true, true, true, s.Retrans, s
		l.outAt, l.begun = s.At-s.SentAge, s.Written()
		return
	}
	received, wrote := s.Received > l.last.Received, s.Written() > l.last.Written()
	if received || wrote {
		l.asleep = 0
	}
	if s.Sent > l.last.Sent && (was == dirRequest || was == dirUnknown || received) {
		l.ended++
	}
	switch {
	case received:
		if !l.used {
			l.used, l.usedAt = true, s.At
		}
		if l.pushedAt > 0 {
			l.pushedAt = 0
			l.tries++
		}
		// Output seen in the same look as input belongs to the answers before
		// it, unless it is known to be newer: then it begins the next answer.
		begun := s.Written()
		if l.dir == dirAnswer || s.NotSent > 0 {
			begun = l.last.Written()
		}
		if begun > l.begun {
			l.cycles++
			l.gap -= l.gap / 8 // habits change, and a busy machine pauses anything
			l.small++
			if begun-l.begun >= smallest {
				l.small = 0
			}
		}
		// Input and output in one look: the end of the answer before may be
		// among it; not if it was one segment, newer than the input.
		clean := !wrote || l.dir == dirAnswer && s.NotSent == 0 && s.DataOut-l.last.DataOut == 1
		if out && clean {
			l.sizes.prove(length) // the client has gone on
		}
		l.exact = clean || l.exact && (l.parts == 0 || out && l.sizes.proven(length))
		l.corkedBefore, l.pushed = l.corked, false
		l.begun, l.parts, l.stream = begun, 0, 0
		l.acked, l.retrans = s.AcksOut > l.last.AcksOut, s.Retrans
		if wrote {
			l.outAt, l.still = s.At, false
		}
		if s.Written() > begun {
			l.parts = 1
		}
	case wrote:
		l.sizes.parted = l.sizes.parted || out
		pause := s.At - l.outAt
		if (l.parts > 0 || was == dirAnswer || was == dirAssumed) && l.still && pause > tick {
			l.gap = max(l.gap, min(pause, streamFor))
			l.stream = s.At + streamFor
		}
		l.pushedAt = 0
		l.parts++
		l.outAt, l.still = s.At, false
	}
	if !received && s.AcksOut > l.last.AcksOut {
		l.acked = true
	}
	l.last = s
	if !wrote && (s.NotSent == 0 && s.Unacked == 0 || l.holdsAnswer()) {
		l.still = true
	}
}

// class says what the connection counts as after the last look; need is how
// long an answer must stand before it is taken to be whole.
func (l *connState) class(need time.Duration) class {
	s := l.last
	switch {
	case l.dir == dirRequest, l.dir == dirUnknown, s.NotSent > 0, s.At < l.stream:
		return classBusy
	case s.At-l.outAt < need, l.used && l.dir != dirAssumed:
		return classInUse
	}
	return classQuiet
}
