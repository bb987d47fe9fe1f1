package drain

import (
	"testing"
	"time"
)

// at is a look: bytes that have come and gone by then, and how old the newest are, in milliseconds.
type at struct {
	ms, received, sent   int
	receivedAge, sentAge int
	unread, unsent       int
}

func (a at) sample() sample {
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	return sample{
		At: ms(a.ms), Unread: a.unread, Unsent: a.unsent, Received: uint64(a.received), Sent: uint64(a.sent),
		Acked:       uint64(a.sent - a.unsent),
		ReceivedAge: ms(a.receivedAge), SentAge: ms(a.sentAge),
	}
}

func TestConnection(t *testing.T) {
	for name, c := range map[string]struct {
		looks               []at
		busy, waits, stream bool
		flows               bool
	}{
		"kept by a browser": {[]at{{0, 100, 900, 5004, 5000, 0, 0}}, false, false, false,
			false},
		"answered within a tick": {[]at{{0, 100, 900, 5000, 5000, 0, 0}}, false, false, false,
			false},
		"answered half a second ago": {[]at{{0, 100, 900, 504, 500, 0, 0}}, true, false, false,
			false},
		"asked, not answered": {[]at{{0, 200, 900, 5000, 9000, 0, 0}}, true, true, false,
			false},
		"the first request": {[]at{{0, 200, 0, 5000, 5000, 0, 0}}, true, true, false,
			false},
		"the program has not read": {[]at{{0, 200, 900, 5000, 4000, 50, 0}}, true, true, false,
			false},
		"the client does not read": {[]at{{0, 200, 900, 5000, 4000, 0, 50}}, true, true, false,
			false},
		"it has just connected": {[]at{{0, 0, 0, 10, 10, 0, 0}}, true, false, false, false},
		"opened ahead": {[]at{{0, 0, 0, 2000, 2000, 0, 0}}, false, false, false,
			false},
		"a server that greets": {[]at{{0, 0, 20, 3000, 2000, 0, 0}}, false, false, false,
			false},
		"asked between two looks": {[]at{{0, 100, 900, 5000, 5000, 0, 0},
			{2000, 200, 900, 1500, 7000, 0, 0}}, true, true, false, true},
		"asked and answered between two looks": {[]at{{0, 100, 900, 5000, 5000, 0, 0},
			{2000, 200, 1800, 1500, 1500, 0, 0}}, false, false, false, true},
		"answered, and asked again": {[]at{{0, 200, 900, 100, 400, 0, 0},
			{2000, 300, 1800, 1000, 1500, 0, 0}}, true, true, false, true},
		"answered after a look": {[]at{{0, 200, 900, 100, 400, 0, 0},
			{2000, 200, 1800, 2100, 1500, 0, 0}}, false, false, false, true},
		"an answer of which the client gets something": {[]at{{0, 200, 900, 10, 400, 0, 0},
			{50, 200, 1800, 60, 10, 0, 50}}, true, true, false, true},
		"an upload": {[]at{{0, 200, 900, 10, 400, 0, 0},
			{50, 999, 900, 10, 450, 0, 0}}, true, true, false, true},
		"events": {[]at{{0, 200, 900, 900, 400, 0, 0},
			{50, 200, 950, 950, 10, 0, 0}, {100, 200, 950, 999, 60, 0, 0}, {450, 200, 990, 1350, 10, 0, 0}}, true, true,
			true, true},
		"events, whose next is late": {[]at{{0, 200, 900, 900, 400, 0, 0},
			{50, 200, 950, 950, 10, 0, 0}, {100, 200, 950, 999, 60, 0, 0}, {450, 200, 990, 1350, 10, 0, 0},
			{1600, 200, 990, 2500, 1160, 0, 0}}, false, false, false, true},
		"events, until the client says something": {[]at{{0, 200, 900, 900, 400, 0, 0},
			{50, 200, 950, 950, 10, 0, 0}, {100, 200, 950, 999, 60, 0, 0}, {150, 200, 990, 1350, 10, 0, 0},
			{200, 210, 999, 20, 10, 0, 0}}, true, false, false, true},
		"a pool's answers that begin long after": {[]at{{0, 100, 900, 10, 10, 0, 0},
			{6000, 200, 950, 10, 5, 0, 0}, {6050, 200, 999, 60, 5, 0, 1}}, true, true, false, false},
		"an answer of which the client gets no more": {[]at{{0, 200, 900, 10, 400, 0, 0},
			{50, 200, 1800, 60, 10, 0, 50}, {16000, 200, 1800, 60, 10, 0, 50}}, true, true, false, false},
		"an agent's tool that runs, as far as is known": {[]at{{0, 200, 900, 10, 400, 0, 0},
			{50, 200, 950, 60, 10, 0, 0}, {2000, 200, 950, 2010, 1960, 0, 0}}, false, false, false, true},
	} {
		var l connection
		for _, s := range c.looks {
			l.observe(s.sample())
		}
		if got := l.busy(Rest); got != c.busy || l.waits() != c.waits || l.streams() != c.stream ||
			l.flows() != c.flows {
			t.Errorf("%s: busy %v, waits %v, streams %v, flows %v: %+v", name, got, l.waits(), l.streams(), l.flows(),
				l)
		}
	}
	last := connection{}
	last.observe(at{0, 100, 900, 204, 200, 0, 0}.sample())
	if last.busy(RestOfLast) || !last.busy(Rest) {
		t.Error("who waits for the end of the last generation waits for longer, or others do not")
	}
}
