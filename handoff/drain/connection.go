package drain

import (
	"time"

	"github.com/hotswap-dev/hotswap/internal/wait"
)

const lookEvery = time.Millisecond // a client that asks again waits no longer for its answer

// connection holds what the samples of one connection have shown so far. A pure value: samples in, decisions out.
type connection struct {
	seen bool   // there was a look before
	last sample // what that look showed

	first   mark      // what the first look showed
	told    direction // what ages tell about the time before the first look
	arrived mark      // the newest input
	read    mark      // the newest input that the program has read
	facts   direction // what ages tell about what the program has read

	outAt   time.Duration // when output was last seen to grow
	ackAt   time.Duration // when the client last acknowledged output since the last input; 0: not yet
	inputAt time.Duration // when the newest input was first seen
	readAt  time.Duration // when the program was last seen to read; 0: not yet
	usedAt  time.Duration // when anything last moved; 0: not yet
	rested  bool          // a look since outAt showed nothing on its way to the client
	bursts  int           // bursts of output since the last input
	stream  time.Duration // until when the connection counts as a stream

	run   int    // answers in a row that came in one burst and were followed by the next request
	least uint64 // bytes of the smallest of these answers

	held   bool          // input does not wake the program
	letAt  time.Duration // when hotswap let input through to the program, which has sent nothing since; 0: hotswap did not
	waits  time.Duration // since when the unread input lies there; 0: there is none
	peeked uint64        // how much had come when hotswap last read the unread input
	part   bool          // that input was a part of a request
	whole  bool          // hotswap has seen the last input: one whole request of HTTP/1
	other  bool          // something else than a request that can move has come
	frames bool          // the client speaks WebSocket
}

// mark is an amount of input, and how much the program had written when a look first showed that input. What the program
// has written beyond is newer than the input.
type mark struct{ input, written uint64 }

const (
	settled   = time.Second            // an answer this old is whole, and a stream that pauses for so long is over
	smallest  = 48                     // fewer bytes may be an interim answer: "100 Continue" has 25, and perhaps a short field
	calm      = 100 * time.Millisecond // an answer this old counts as whole where nothing moves
	hotTime   = 5 * time.Millisecond   // a program that has a processor reads within this time
	partLimit = 500 * time.Millisecond // how long hotswap waits for the rest of a request
	runLeast  = 3                      // so many answers in one burst let a short pause end the next answer
	flowNew   = 5 * time.Second        // so long after the cutover a request may come whose answer keeps the generation
)

// observe evaluates the next sample.
func (c *connection) observe(s sample, tick time.Duration) {
	read, wrote, input := s.Read() != c.last.Read(), s.Written() > c.last.Written(), s.Received > c.last.Received
	if !c.seen {
		read, wrote, input = true, false, true
		c.first = mark{s.Received, s.Written()}
		c.rested, c.outAt = true, s.At-s.SentAge
	} else if input || wrote || s.Acked > c.last.Acked {
		c.usedAt = s.At
	}
	if c.seen && read {
		c.readAt = s.At
	}
	if input {
		c.inputAt = s.At
		if c.bursts == 1 && !wrote && c.since() >= smallest {
			if c.run == 0 || c.since() < c.least {
				c.least = c.since()
			}
			c.run++
		}
		c.arrived = mark{s.Received, s.Written()}
		c.bursts, c.stream, c.ackAt, c.whole = 0, 0, 0, false
	} else if c.seen && s.Acked > c.last.Acked {
		c.ackAt = s.At
	}
	c.inferFacts(s, read, wrote)
	switch {
	case wrote:
		if pause := s.At - c.outAt; c.bursts > 0 && c.rested && pause > tick {
			c.stream = s.At + settled
		}
		if c.bursts++; c.bursts > 1 {
			c.run = 0
		}
		c.outAt, c.rested, c.letAt = s.At, false, 0
	case s.NotSent == 0 && s.Unacked == 0:
		c.rested = true
	}
	c.seen, c.last = true, s
}

// inferFacts notes what the program has read, and what ages tell about that.
func (c *connection) inferFacts(s sample, read, wrote bool) {
	switch {
	case !read:
	case s.Unread == 0:
		c.read = c.arrived
	default: // a part of the input
		c.read = mark{s.Read(), s.Written()}
	}
	if s.Unread == 0 {
		// On a connection without a byte, the age tells how long a request is still expected.
		if read || wrote || s.Received == 0 && s.Sent == 0 || !c.sure() {
			c.facts = infer(s)
		}
	} else if read {
		c.facts = dirUnknown
	}
	if c.read == c.first && s.Written() == c.first.written {
		c.told = c.facts
	}
}

// sure reports whether the direction changes only when something moves.
func (c *connection) sure() bool { return c.facts == dirRequest || c.facts == dirAnswer }

// rests reports whether the sample shows, without Unread and PingPongOff, that nothing has moved since the last sample,
// and that the program had read everything.
func (c *connection) rests(s sample) bool {
	return c.seen && c.last.Unread == 0 && s.Received == c.last.Received && s.Written() == c.last.Written() && c.sure()
}

// answered reports whether the program has answered what it has read: the program has sent more than an interim answer
// since. Only ages tell about what the program read before the first look.
func (c *connection) answered() bool {
	return c.since() >= smallest || c.read == c.first && (c.told == dirAnswer || c.told == dirLikely)
}

// between reports whether the program has answered all that it has read. Of a new connection the program has read
// nothing.
func (c *connection) between() bool { return c.last.Read() == 0 || c.answered() }

// since returns how much the program has written, at least, since the input came that the program has read.
func (c *connection) since() uint64 { return c.last.Written() - c.read.written }

// busy reports whether the program may be at work on a request. An answer that is younger than need may go on, and the
// client may ask again at once. With need 0 the process itself reports each request that it has read.
func (c *connection) busy(need time.Duration) bool {
	s := c.last
	switch {
	case c.frames: // a server of WebSockets says goodbye when it is told to stop
		return false
	case s.NotSent > 0, s.At < c.stream:
		return true
	case need == 0:
		return s.Received == 0 && c.facts == dirRequest || !c.other && (s.Unread > 0 || c.letAt > 0)
	case c.since() < smallest && c.facts != dirAnswer:
		return true
	}
	return !c.other && (s.Unread > 0 || s.Sent > 0 && s.At-c.outAt < need)
}

// flows reports whether the client got a part of an answer within the last 15 s, or the program a part of a request that
// it has not begun to answer. What begins late does not count: a client that never pauses would keep the generation for ever.
func (c *connection) flows() bool {
	at := c.last.At
	return c.ackAt > 0 && at-c.ackAt < wait.Flow && c.inputAt < flowNew || c.readAt > 0 && at-c.readAt < wait.Flow && c.outAt < flowNew
}

// inUse reports whether anything moved within the last second.
func (c *connection) inUse() bool { return c.usedAt > 0 && c.last.At-c.usedAt < settled }

// foreign reports whether the next request goes to the program, because the client speaks another protocol.
func (c *connection) foreign() bool { return c.other && !c.frames }

// verdict is what to do with a connection after a look.
type verdict uint8

const (
	leaveAlone verdict = iota
	holdInput          // keep input from waking the program
	letThrough         // let input wake the program again
	readInput          // read what the unread input is
	endIt              // end the connection between two requests
)

// rights are what hotswap may do with a connection.
type rights uint8

const (
	mayWatch rights = iota // nothing
	mayEnd                 // hold input until hotswap has seen what it is, and end the connection in a pause
	mayMove                // hold input, and take the next request
)

// decide returns what to do after the last look.
func (c *connection) decide(may rights) verdict {
	s := c.last
	switch {
	case c.other || may == mayWatch:
		if c.held {
			return letThrough
		}
	case may == mayEnd && s.Unread > 0:
		if c.held || c.peeked != s.Received {
			return readInput
		}
	case may == mayEnd && c.over():
		return endIt
	case !c.held:
		// Of what may only end, input is held in a pause only: to see the next request, and to prove the answer whole.
		if s.Unread == 0 && (may == mayMove || (!c.whole || c.run < runLeast) && c.quiet(2*s.RTT+lookEvery)) {
			return holdInput
		}
	case s.Unread == 0:
		c.waits = 0
	case !c.between() && c.since() == 0:
		return letThrough
	case c.waits == 0:
		c.waits = s.At
	case !c.part || c.peeked != s.Received || c.stalls():
		return readInput
	}
	return leaveAlone
}

// quiet reports whether nothing waits to be read or sent, and the program has sent nothing for so long. The client may
// acknowledge the last data only with its next request.
func (c *connection) quiet(long time.Duration) bool {
	s := c.last
	return s.Unread == 0 && s.NotSent == 0 && s.At >= c.stream && s.At-c.outAt >= long
}

// over reports whether the program has answered a whole request that hotswap has seen. The answer is over when it has
// rested for a second. A moment suffices if the answer came in one burst, as did the last answers: within hotTime or two
// round trips more of it comes, or its acknowledgement, if nothing holds it up.
func (c *connection) over() bool {
	long := settled
	if c.run >= runLeast && c.bursts == 1 && c.since() >= c.least {
		long = max(hotTime, 2*c.last.RTT) + hotTime
	}
	return c.whole && c.since() >= smallest && c.quiet(long)
}

// stalls reports whether nothing came for long behind the unread part of a request.
func (c *connection) stalls() bool { return c.last.At-max(c.waits, c.inputAt) >= partLimit }

// learn notes of which kind the unread input is, and reports whether the program gets that input unless it can move.
// hotswap waits for the rest of a request that may move.
func (c *connection) learn(q request, may rights) bool {
	s := c.last
	c.peeked, c.part = s.Received, q.kind == kindPart
	switch {
	case q.kind == kindFrames:
		c.other, c.frames = true, true
	case q.kind == kindForeign:
		c.other = true
	case q.kind == kindRequest:
		c.whole = q.total == s.Unread
	case !c.between(): // the input may be the rest of a request
	case q.kind == kindPart:
		return may != mayMove || c.stalls()
	case q.kind == kindOther:
		c.other = true
	}
	return true
}

// holds notes that input does not wake the program any more.
func (c *connection) holds() { c.held, c.waits = true, 0 }

// passes notes that input wakes the program again.
func (c *connection) passes() {
	if c.held {
		c.held, c.waits, c.letAt = false, 0, c.last.At
	}
}

// hot reports whether something happens within microseconds: the program reads what hotswap has let through, or a look
// shows whether the program reads unread input by itself.
func (c *connection) hot() bool {
	return c.waits > 0 && c.last.At-c.waits < hotTime || !c.held && c.letAt > 0 && !c.other && c.last.At-c.letAt < hotTime
}
