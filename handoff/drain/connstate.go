package drain

import "time"

// connState is what is remembered of one connection between looks. It is a pure value: samples in, class and
// action out.
type connState struct {
	seen bool   // there was a look before
	last sample // what it showed
	dir  direction

	acked   bool   // the server's kernel sent a bare ACK since the last input, or that is unknown
	retrans uint64 // bytes sent again, as of the last input

	acts         bool           // hotswap may act on the connection, not only observe it
	used         bool           // input came while hotswap observed: a client uses the connection
	usedAt       time.Duration  // since when
	cycles       int            // requests that came after an answer that was seen
	parts        int            // bursts of output since the last input
	outAt        time.Duration  // when output was last seen to grow
	still        bool           // a look since then showed no growth although nothing was on its way to the client
	begun        uint64         // Written when the last input came
	small        int            // answers in a row that were smaller than smallest
	gap          time.Duration  // longest pause seen inside one answer
	stream       time.Duration  // until when the connection counts as a stream
	corked       bool           // its output is held back
	corkedBefore bool           // it was when the last input came
	pushed       bool           // hotswap has sent held output since then
	exact        bool           // begun is certain
	vague        bool           // the look that showed the last input showed output before and perhaps after it
	sizes        *responseSizes // shared by all connections of the program
	parted       bool           // output that looked like a whole answer went on, on this connection
	removal      removal
	pushedAt     time.Duration // when the whole answer that was held was sent; 0: none, or the client has gone on
	tries        int           // such answers after which the client sent a request at once
	checked      bool          // there was a check since something moved
	ran          time.Duration // what the first of them showed
	rested       bool          // the last answer counted as whole because of that, not of its age
	whole        bool          // the last answer was found whole before the program may be stopped
	ended        int           // requests seen to finish

	speaks protocol // what the client was seen to send last
	base   uint64   // Received when no byte of a request had come
	frames int      // times at which input in the midst of a request looked like frames
	held   bool     // the program is not awakened by less than holdBelow bytes of input
	deaf   bool     // its input cannot be held
}

// responseSizes are the lengths of the program's answers to HTTP requests on all connections.
type responseSizes struct {
	whole    [32]uint64 // of the last answers seen from their beginning to the next request
	count    int        // how many there were
	parted   int        // connections on which output that looked like a whole answer went on: lengths prove nothing
	removals int        // how often the program was seen to have removed the cork
	left     int        // answers after which it had not
}

func (h *responseSizes) prove(length uint64) {
	h.whole[h.count%len(h.whole)] = length
	h.count++
}

// proven reports whether answers of this very length were whole more than once.
func (h *responseSizes) proven(length uint64) bool {
	same := 0
	for _, n := range h.whole {
		if n == length {
			same++
		}
	}
	return h.parted == 0 && length >= smallest && same >= provenBy
}

// part notes that output that looked like a whole answer went on. Those who speak WebSocket do not count: they
// are sent messages without a request.
func (l *connState) part() {
	if !l.parted && l.speaks != protoWebSocket {
		l.parted = true
		l.sizes.parted++
	}
}

// class is what a connection counts as.
type class uint8

const (
	classQuiet class = iota // parked
	classInUse              // idle now, but a client uses it or an answer is a moment old
	classBusy               // a request is being answered, or may be
)

const (
	streamFor = time.Second            // output without input counts as a stream until it pauses this long
	calmFor   = 100 * time.Millisecond // an answer this old counts as whole
	unsureFor = time.Second            // the next request of a client is waited for so long to see what it speaks
)

// observe takes a look into account.
func (l *connState) observe(s sample, tick time.Duration) {
	if l.sizes == nil {
		l.sizes = new(responseSizes)
	}
	was, out, length := l.dir, l.answerLeft(), l.last.Written()-l.begun
	l.dir = l.infer(s)
	if l.dir == dirAnswer && s.Unread == 0 {
		l.base = s.Received
	}
	if !l.seen {
		l.seen, l.acked, l.still, l.retrans, l.last = true, true, true, s.Retrans, s
		l.outAt, l.begun = s.At-s.SentAge, s.Written()
		return
	}
	received, wrote := s.Received > l.last.Received, s.Written() > l.last.Written()
	if received || wrote {
		l.rested, l.checked, l.whole = false, false, false
		l.moved(s)
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
		// Output seen in the same look as input belongs to earlier answers, unless it is known to be newer:
		// then it begins the next answer.
		begun := s.Written()
		if l.dir == dirAnswer || s.NotSent > 0 {
			begun = l.last.Written()
		}
		if begun > l.begun {
			l.cycles++
			l.gap -= l.gap / 8 // pauses change, and a busy machine causes some
			l.small++
			if begun-l.begun >= smallest {
				l.small = 0
			}
		}
		// If input and output come in one look, the output may have the end of the answer before, unless it
		// is one segment that is newer than the input.
		clean := !wrote || l.dir == dirAnswer && s.NotSent == 0 && s.DataOut-l.last.DataOut == 1
		if out && clean && l.endable() {
			l.sizes.prove(length) // the client has gone on
		}
		l.vague = wrote && was != dirAnswer
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
		if out {
			l.part()
		}
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

// class returns what the connection counts as. need is how old an answer must be to count as whole.
func (l *connState) class(need time.Duration) class {
	s := l.last
	switch {
	case l.speaks == protoWebSocket:
		return classQuiet
	case l.dir == dirRequest, l.dir == dirUnknown, s.NotSent > 0, s.At < l.stream:
		return classBusy
	case l.speaks == protoOther:
		return classQuiet
	case s.At-l.outAt < need, l.used && l.dir != dirAssumed && (l.endable() || s.ReceivedAge < unsureFor):
		return classInUse
	}
	return classQuiet
}
