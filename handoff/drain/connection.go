package drain

import (
	"time"

	"github.com/hotswap-dev/hotswap/internal/wait"
)

// How long nothing moves on a connection at rest.
const (
	Rest       = wait.Person            // while another generation serves
	RestOfLast = 100 * time.Millisecond // while clients wait for the end of this one
)

const (
	pauseOfStream = time.Second     // a stream that pauses for longer is over
	flowNew       = 5 * time.Second // so long after the cutover a request may come whose answer keeps the generation
)

// sample is what the kernel tells about one connection at one instant.
type sample struct {
	At time.Duration // when, since the watch began

	Unread int // bytes received that the program has not read
	Unsent int // bytes that the program has written and the client has not acknowledged

	Received uint64 // bytes received in order
	Sent     uint64 // bytes sent, repetitions not counted, and those that wait to be sent
	Acked    uint64 // bytes that the client has acknowledged

	// Both ages count in ticks of the kernel's clock. If two events have different ages, the younger one came later.
	SentAge     time.Duration // since the kernel last sent data
	ReceivedAge time.Duration // since the kernel last received data
}

// connection holds what the looks at one connection have shown so far. A pure value: samples in, answers out.
type connection struct {
	seen bool   // there was a look before
	last sample // what that look showed

	asks   bool          // the client spoke last
	bursts int           // looks at which there was more output since the last input
	rested bool          // a look since the last output showed nothing on its way to the client
	stream time.Duration // until when the connection counts as a stream

	inputAt time.Duration // when the newest input was first seen
	outAt   time.Duration // when output was last seen to grow
	ackAt   time.Duration // when the client last acknowledged output since the last input; 0: not yet
	readAt  time.Duration // when the program was last seen to read; 0: not yet
}

// observe evaluates the next sample.
func (c *connection) observe(s sample) {
	input, wrote := s.Received > c.last.Received, s.Sent > c.last.Sent
	switch {
	case !c.seen:
		c.rested = true
		c.asks = s.Received > 0 && (s.Sent == 0 || s.ReceivedAge < s.SentAge)
	case input && wrote:
		c.asks = s.ReceivedAge < s.SentAge
	case input || wrote:
		c.asks = input
	}
	if c.seen && s.Received-uint64(s.Unread) != c.last.Received-uint64(c.last.Unread) {
		c.readAt = s.At
	}
	if c.seen && input {
		c.inputAt, c.bursts, c.stream, c.ackAt = s.At, 0, 0, 0
	} else if c.seen && s.Acked > c.last.Acked {
		c.ackAt = s.At
	}
	switch {
	case c.seen && wrote:
		if c.bursts > 0 && c.rested {
			c.stream = s.At + pauseOfStream
		}
		c.bursts++
		c.outAt, c.rested = s.At, false
	case s.Unsent == 0:
		c.rested = true
	}
	c.seen, c.last = true, s
}

// busy reports whether the program may be at work for the client: nothing has rested for so long, or the client waits.
func (c *connection) busy(rest time.Duration) bool {
	s := c.last
	return c.waits() || min(s.SentAge, s.ReceivedAge) < rest
}

// waits reports whether the client waits for something: an answer, or the next part of one.
func (c *connection) waits() bool {
	return c.asks || c.last.Unread > 0 || c.last.Unsent > 0 || c.streams()
}

// streams reports whether the program sends again and again without a word of the client.
func (c *connection) streams() bool { return c.last.At < c.stream }

// flows reports whether the client got a part of an answer within the last 15 s, or the program a part of a request
// that it has not begun to answer. What begins late does not count: a client that never pauses would keep the
// generation for ever.
func (c *connection) flows() bool {
	at := c.last.At
	return c.ackAt > 0 && at-c.ackAt < wait.Flow && c.inputAt < flowNew || c.readAt > 0 && at-c.readAt < wait.Flow &&
		c.outAt < flowNew
}
