package drain

import "time"

// connection holds what the samples of one connection have shown so far. It is a pure value: samples in, decisions out.
type connection struct {
	seen bool   // there was a look before
	last sample // what it showed

	first   mark      // what the first look showed
	told    direction // what ages tell of that
	arrived mark      // the newest input
	read    mark      // the newest input that the program has read
	facts   direction // what ages and acknowledgements tell of what the program has read
	grown   uint64    // how much was written between the two looks at the end of which the program had read
	acked   bool      // the server's kernel sent a bare ACK since the last input, or that is unknown
	retrans uint64    // bytes sent again, as of the last input

	outAt  time.Duration // when output was last seen to grow
	rested bool          // a look since then showed nothing on its way to the client
	bursts int           // bursts of output since the last input
	stream time.Duration // until when the connection counts as a stream

	held   bool          // input does not wake the program
	let    bool          // input was let through to the program, which has sent nothing since
	letAt  time.Duration // when
	waits  time.Duration // since when the input that is there has lain unread; 0: there is none
	others int           // inputs in a row that were no request
	http   bool          // the last input was a request of HTTP/1
	frames bool          // the client speaks WebSocket
}

// mark is an amount of input, and how much the program had written when that input was first seen to be there.
// So what the program has written beyond is newer than the input.
type mark struct{ input, written uint64 }

const (
	settled   = time.Second            // an answer this old is whole, and a stream that pauses for so long is over
	smallest  = 48                     // fewer bytes may be an interim answer: "100 Continue" has 25, and a short field perhaps
	calm      = 100 * time.Millisecond // an answer this old counts as whole where nothing moves
	hotTime   = 5 * time.Millisecond   // a program that has a processor reads within this time
	partLimit = 500 * time.Millisecond // how long hotswap waits for the rest of a request's head
	otherMost = 3                      // inputs in a row that are no request: the client speaks another protocol
)

// observe evaluates the next sample.
func (c *connection) observe(s sample, tick time.Duration) {
	read, wrote, input := s.Read() != c.last.Read(), s.Written() > c.last.Written(), s.Received > c.last.Received
	if !c.seen {
		read, wrote, input = true, false, true
		c.first = mark{s.Received, s.Written()}
		c.acked, c.rested, c.outAt = true, true, s.At-s.SentAge
	}
	if input {
		c.arrived = mark{s.Received, s.Written()}
	}
	if read {
		c.grown = s.Written() - c.last.Written()
	}
	switch {
	case !read:
	case s.Unread == 0:
		c.read = c.arrived
	default: // a part of it
		c.read = mark{s.Read(), s.Written()}
	}
	if s.Unread == 0 {
		// Of a connection without a byte the age tells how long a request is still expected.
		if read || wrote || s.Received == 0 && s.Sent == 0 || c.facts != dirRequest && c.facts != dirAnswer {
			c.facts = c.infer(s)
		}
	} else if read {
		c.facts = dirUnknown
	}
	if c.read == c.first && s.Written() == c.first.written {
		c.told = c.facts
	}
	switch {
	case input:
		c.bursts, c.stream = 0, 0
		c.acked, c.retrans = !c.seen || s.AcksOut > c.last.AcksOut, s.Retrans
	case s.AcksOut > c.last.AcksOut:
		c.acked = true
	}
	switch {
	case wrote:
		if pause := s.At - c.outAt; c.bursts > 0 && c.rested && pause > tick {
			c.stream = s.At + settled
		}
		c.bursts++
		c.outAt, c.rested, c.let = s.At, false, false
	case s.NotSent == 0 && s.Unacked == 0:
		c.rested = true
	}
	c.seen, c.last = true, s
}

// answered reports whether the program has answered what it has read: it has sent more than an interim answer since.
// For what the program read before the first look, only ages are known.
func (c *connection) answered() bool {
	return c.since() >= smallest || c.read == c.first && (c.told == dirAnswer || c.told == dirLikely || c.told == dirAssumed)
}

// between reports whether the program has no part of a request that it has not answered. Of a new connection it has
// read nothing.
func (c *connection) between() bool { return c.last.Read() == 0 || c.answered() }

// fresh reports whether the last answer is younger than need: the client may ask again at once.
func (c *connection) fresh(need time.Duration) bool {
	return !c.frames && c.others == 0 && c.last.Sent > 0 && c.last.At-c.outAt < need
}

// arrives reports whether input lies there, or was let through to the program a moment ago.
func (c *connection) arrives() bool {
	return c.others == 0 && (c.last.Unread > 0 || c.let && c.last.At-c.letAt < calm)
}

// since returns how much the program has written at least since the input came that it has read.
func (c *connection) since() uint64 { return c.last.Written() - c.read.written }

// busy reports whether the program may be at work on a request. An answer that is younger than need may go on. With
// need 0 the process itself reports the requests that it has read.
func (c *connection) busy(need time.Duration) bool {
	s := c.last
	switch {
	case c.frames: // a server of WebSockets says goodbye when it is told to stop
		return false
	case s.NotSent > 0, s.At < c.stream:
		return true
	case need == 0:
		return s.Received == 0 && c.facts == dirRequest || c.others == 0 && (s.Unread > 0 || c.let)
	case c.since() < smallest && c.facts != dirAnswer && c.facts != dirAssumed:
		return true
	}
	return c.others == 0 && s.Unread > 0 || c.fresh(need)
}

// foreign reports whether the client speaks another protocol, whose next request goes to the program.
func (c *connection) foreign() bool { return c.others >= otherMost && !c.frames }

// verdict is what to do with a connection after a look.
type verdict uint8

const (
	leaveAlone verdict = iota
	holdInput          // have input not wake the program
	letThrough         // have it wake the program again
	readInput          // input has lain there unread: look what it is
	endIt              // end the connection between two requests
)

// rights are what hotswap may do with a connection.
type rights struct {
	hold bool // its input can be held
	move bool // its next request may be taken
	end  bool // it may be ended between two requests
	idle bool // the program is between two requests
}

// decide returns what to do after the last look.
func (c *connection) decide(may rights) verdict {
	s := c.last
	idle := s.Unread == 0 && s.NotSent == 0 && s.At >= c.stream && c.others == 0
	switch {
	case may.end && idle && !may.hold && (may.idle || c.answered() || c.facts == dirAnswer && c.since() == 0 && c.grown >= smallest):
		return endIt
	case may.end && idle && c.answered() && !may.move && c.http && s.At-c.outAt >= settled:
		return endIt
	case !may.hold && c.held:
		return letThrough
	case !may.hold:
		return leaveAlone
	case !c.held:
		if c.others < otherMost && s.Unread == 0 && (may.move || !c.http) {
			return holdInput
		}
	case s.Unread == 0:
		c.waits = 0
	case !c.between() && c.since() == 0:
		return letThrough
	case c.waits == 0:
		c.waits = s.At
	default:
		return readInput
	}
	return leaveAlone
}

// learn notes of which kind the input is that the last look showed, and reports whether the program gets that input.
func (c *connection) learn(k kind) bool {
	switch {
	case k == kindFrames:
		c.others, c.frames = otherMost, true
	case k == kindForeign:
		c.others = otherMost
	case !c.between(): // it may be the rest of a request
	case k == kindPart:
		return c.last.At-c.waits >= partLimit
	case k == kindRequest, k == kindStays:
		c.http, c.others = true, 0
	default:
		c.others++
	}
	return true
}

// holds notes that input does not wake the program any more.
func (c *connection) holds() { c.held, c.waits = true, 0 }

// passes notes that input wakes the program again.
func (c *connection) passes() {
	if c.held {
		c.held, c.waits, c.let, c.letAt = false, 0, true, c.last.At
	}
}

// hot reports whether something happens within microseconds: the program reads what it was let have, or it is
// seen whether it reads by itself.
func (c *connection) hot() bool {
	return c.waits > 0 || !c.held && c.let && c.others < otherMost && c.last.At-c.letAt < hotTime
}
