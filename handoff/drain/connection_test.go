package drain

import (
	"testing"
	"time"
)

const (
	ms       = time.Millisecond
	testTick = 4 * ms
)

// tied is a connection whose last request and answer fell into one tick.
func tied(age time.Duration, change func(*sample)) sample {
	s := sample{
		At: 10*time.Second + age, Received: 500, Sent: 5000,
		SentAge: age, ReceivedAge: age, RTT: 50 * time.Microsecond,
	}
	if change != nil {
		change(&s)
	}
	return s
}

func TestFacts(t *testing.T) {
	for _, c := range []struct {
		name string
		look sample
		want direction
	}{
		{"just accepted", sample{}, dirRequest},
		{"accepted, silent for long", sample{SentAge: 2 * time.Second, ReceivedAge: 2 * time.Second}, dirAnswer},
		{"unread input", tied(0, func(s *sample) { s.Unread = 1 }), dirUnknown},
		{"received later", tied(8*ms, func(s *sample) { s.ReceivedAge = 4 * ms }), dirRequest},
		{"sent later", tied(8*ms, func(s *sample) { s.SentAge = 4 * ms }), dirAnswer},
		{"tie: pingpong off", tied(60*ms, func(s *sample) { s.PingPongOff = true }), dirRequest},
		{"tie", tied(60*ms, nil), dirUnknown},
		{"tie, older than a delayed ACK", tied(100*ms, nil), dirLikely},
		{"tie, old", tied(doubtFor, nil), dirAnswer},
	} {
		t.Run(c.name, func(t *testing.T) {
			var l connection
			if l.observe(c.look, testTick); l.facts != c.want {
				t.Errorf("%d, want %d", l.facts, c.want)
			}
		})
	}
}

// What the client gets of an answer, or the program of a request, flows, unless that began long after the cutover.
func TestFlows(t *testing.T) {
	sends := func(s *sample) { s.Sent, s.Acked, s.SentAge = s.Sent+1000, s.Sent+1000, 0 }
	comes := func(s *sample) { s.Received, s.ReceivedAge = s.Received+1000, 0 }
	both := func(s *sample) { comes(s); sends(s) }
	lies := func(s *sample) { comes(s); s.Unread += 1000 }
	for name, c := range map[string]struct {
		begun time.Duration
		look  func(*sample)
		pause time.Duration
		want  bool
	}{
		"a download":                    {ms, sends, time.Second, true},
		"an upload":                     {ms, comes, time.Second, true},
		"an upload that stands still":   {ms, comes, 16 * time.Second, false},
		"an upload that nobody reads":   {ms, lies, time.Second, false},
		"an upload that began late":     {flowNew, comes, time.Second, false},
		"requests and answers in a row": {ms, both, time.Second, false},
	} {
		p := newSide(sample{Received: 500, Sent: 5000, Acked: 5000, SentAge: time.Second, ReceivedAge: 2 * time.Second})
		p.look(c.begun, both)
		for range 20 {
			p.look(time.Second, c.look)
		}
		if p.look(c.pause, nil); p.flows() != c.want {
			t.Errorf("%s flows: %t", name, !c.want)
		}
	}
}

// side is a connection whose looks a test writes down one after the other.
type side struct {
	connection
	now sample
	may rights
}

func newSide(first sample) *side { return newSideOf(first, mayMove) }

func newSideOf(first sample, may rights) *side {
	p := &side{now: first, may: may}
	p.look(0, nil)
	return p
}

// look is a look after some time, in which the connection has changed.
func (p *side) look(after time.Duration, change func(*sample)) verdict {
	p.now.At += after
	p.now.SentAge, p.now.ReceivedAge = p.now.SentAge+after, p.now.ReceivedAge+after
	if change != nil {
		change(&p.now)
	}
	p.observe(p.now, testTick)
	v := p.decide(p.may)
	switch v {
	case holdInput:
		p.holds()
	case letThrough:
		p.passes()
	}
	return v
}

func arrives(n int) func(*sample) {
	return func(s *sample) { s.Received, s.Unread, s.ReceivedAge = s.Received+uint64(n), s.Unread+n, 0 }
}

func reads(s *sample) { s.Unread = 0 }

func writes(n uint64) func(*sample) { return func(s *sample) { s.Sent += n; s.SentAge = 0 } }

func expect(t *testing.T, what string, got, want verdict) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: %d, want %d", what, got, want)
	}
}

// A program that reads by itself gets the request. The next one is read at the second look that finds it there.
func TestNextRequestIsTaken(t *testing.T) {
	p := newSide(tied(8*ms, func(s *sample) { s.SentAge = 4 * ms }))
	if !p.held {
		t.Fatal("not held")
	}
	expect(t, "it comes", p.look(ms, arrives(100)), leaveAlone)
	expect(t, "it is read", p.look(ms, reads), leaveAlone)
	expect(t, "it is answered", p.look(ms, writes(500)), leaveAlone)
	expect(t, "the next one comes", p.look(ms, arrives(100)), leaveAlone)
	expect(t, "it lies there", p.look(ms, nil), readInput)
}

// What belongs to a request that the program has begun to read is the program's.
func TestRestOfARequestIsLetThrough(t *testing.T) {
	for name, first := range map[string]sample{
		"a part was read": tied(8*ms, func(s *sample) { s.ReceivedAge = 4 * ms }),
		"nobody knows":    tied(0, nil),
	} {
		p := newSide(first)
		expect(t, name, p.look(ms, arrives(100)), letThrough)
		expect(t, name+": read", p.look(ms, reads), holdInput)
		expect(t, name+": more", p.look(ms, arrives(100)), letThrough)
		p.look(ms, reads)
		p.look(ms, writes(500))
		p.look(ms, arrives(100))
		expect(t, name+": the next request", p.look(ms, nil), readInput)
	}
}

// '100 Continue' is no answer.
func TestInterimAnswerIsNone(t *testing.T) {
	p := newSide(tied(8*ms, func(s *sample) { s.ReceivedAge = 4 * ms }))
	p.look(ms, writes(25))
	p.look(ms, arrives(100))
	expect(t, "the body", p.look(ms, nil), readInput)
	if !p.learn(request{kind: kindOther}, mayMove) || p.other || p.answered() {
		t.Error("the body is not the program's")
	}
}

// An answer that was under way at the first look goes on in small parts.
func TestAnswerThatGoesOn(t *testing.T) {
	p := newSide(tied(8*ms, func(s *sample) { s.SentAge = 4 * ms }))
	p.look(ms, writes(10))
	p.look(ms, arrives(100))
	expect(t, "the next request", p.look(ms, nil), readInput)
	if !p.answered() {
		t.Error("the request is not taken")
	}
}

// The input of a client that speaks something else is not held again.
func TestOtherProtocolIsLeftAlone(t *testing.T) {
	for _, k := range []kind{kindOther, kindFrames, kindForeign} {
		for _, may := range []rights{mayMove, mayEnd} {
			p := newSideOf(tied(8*ms, func(s *sample) { s.SentAge = 4 * ms }), may)
			if p.look(hotTime, nil); !p.held {
				t.Fatal("not held")
			}
			p.look(ms, arrives(10))
			if may == mayMove {
				expect(t, "message", p.look(ms, nil), readInput)
			}
			if !p.learn(request{kind: k}, may) {
				t.Fatal("not let through")
			}
			p.passes()
			p.look(ms, reads)
			p.look(ms, writes(500))
			p.look(time.Minute, nil)
			if p.held {
				t.Errorf("kind %d: still held", k)
			}
			p.look(ms, arrives(100))
			p.learn(request{kind: kindRequest, total: 100}, may)
			p.look(ms, reads)
			p.look(ms, writes(500))
			expect(t, "ever", p.look(time.Minute, nil), leaveAlone)
		}
	}
}

// The head of a request that never becomes whole goes to the program.
func TestPartOfAHeadIsWaitedFor(t *testing.T) {
	p := newSide(tied(8*ms, func(s *sample) { s.SentAge = 4 * ms }))
	p.look(ms, arrives(10))
	expect(t, "a part", p.look(ms, nil), readInput)
	if p.learn(request{kind: kindPart}, mayMove) {
		t.Error("let through at once")
	}
	expect(t, "a part, later", p.look(partLimit, nil), readInput)
	if !p.learn(request{kind: kindPart}, mayMove) {
		t.Error("not let through")
	}
}

// exchange is a request that is seen, and its answer, in so many bursts of so many bytes.
func (p *side) exchange(bursts int, size uint64) {
	p.look(10*ms, arrives(100))
	p.learn(request{kind: kindRequest, total: 100}, mayEnd)
	p.passes()
	p.look(ms, reads)
	for range bursts {
		p.look(ms, writes(size/uint64(bursts)))
	}
}

// What may not be moved is ended in a pause of a second behind the answer to a whole request that was seen.
func TestWhatCannotMoveIsEnded(t *testing.T) {
	p := newSideOf(tied(8*ms, func(s *sample) { s.ReceivedAge = 4 * ms }), mayEnd)
	p.look(ms, writes(500))
	if v := p.look(time.Minute, nil); v == endIt || !p.held {
		t.Fatalf("verdict %d, held %v though nobody knows that it speaks HTTP", v, p.held)
	}
	expect(t, "a request", p.look(ms, arrives(100)), readInput)
	p.learn(request{kind: kindRequest, total: 100}, mayEnd)
	p.passes()
	expect(t, "hotswap has seen it", p.look(ms, nil), leaveAlone)
	p.look(ms, reads)
	expect(t, "it is worked on", p.look(time.Minute, nil), leaveAlone)
	expect(t, "an interim answer", p.look(ms, writes(25)), leaveAlone)
	expect(t, "an interim answer, old", p.look(time.Minute, nil), leaveAlone)
	expect(t, "an answer a moment old", p.look(ms, writes(500)), leaveAlone)
	expect(t, "not all is sent", p.look(settled, func(s *sample) { s.NotSent = 1 }), leaveAlone)
	expect(t, "an answer", p.look(settled, func(s *sample) { s.NotSent = 0 }), endIt)
}

// It is not ended if the request was not seen, or not as a whole, or another one is behind it.
func TestWhatWasNotSeenIsNotEnded(t *testing.T) {
	for name, total := range map[string]int{"not seen": 0, "a part of the body comes later": 150, "another one behind it": 50} {
		p := newSideOf(tied(8*ms, func(s *sample) { s.SentAge = 4 * ms }), mayEnd)
		p.look(ms, arrives(100))
		if total > 0 {
			p.learn(request{kind: kindRequest, total: total}, mayEnd)
		}
		p.look(ms, reads)
		p.look(ms, writes(500))
		expect(t, name, p.look(time.Minute, nil), leaveAlone)
	}
}

// A short pause suffices behind an answer like the last ones, which were whole, as the next requests have shown.
func TestShortPauses(t *testing.T) {
	for name, c := range map[string]struct {
		before  func(p *side)
		rtt     time.Duration
		bursts  int
		size    uint64
		settles bool
	}{
		"like the last ones": {size: 500},
		"far away":           {size: 500, rtt: 30 * ms},
		"smaller":            {size: 400, settles: true},
		"in two bursts":      {size: 500, bursts: 2, settles: true},
		"one in two bursts before": {size: 500, settles: true, before: func(p *side) {
			p.exchange(2, 500)
			p.exchange(1, 500)
			p.exchange(1, 500)
		}},
	} {
		p := newSideOf(tied(8*ms, func(s *sample) { s.SentAge, s.RTT = 4*ms, c.rtt }), mayEnd)
		for range runLeast {
			p.exchange(1, 500)
		}
		if c.before != nil {
			c.before(p)
		}
		p.exchange(max(1, c.bursts), c.size)
		short := max(hotTime, 2*c.rtt) + hotTime
		if v := p.look(short-ms, nil); v == endIt {
			t.Errorf("%s: ended at once", name)
		}
		if v := p.look(ms, nil); (v == endIt) == c.settles {
			t.Errorf("%s: a moment old: %d", name, v)
		}
		expect(t, name+": a second old", p.look(settled, nil), endIt)
	}
}

// Hotswap may lose its right to a connection: a process says that it ends its connections by itself.
func TestRightsEnd(t *testing.T) {
	p := newSide(tied(8*ms, func(s *sample) { s.SentAge = 4 * ms }))
	p.may = mayWatch
	expect(t, "held", p.look(ms, nil), letThrough)
	expect(t, "let through", p.look(ms, nil), leaveAlone)
}

func TestBusy(t *testing.T) {
	for _, c := range []struct {
		name string
		look sample
		want bool
	}{
		{"a request", tied(8*ms, func(s *sample) { s.ReceivedAge = 4 * ms }), true},
		{"an answer", tied(2*time.Second, func(s *sample) { s.SentAge = time.Second }), false},
		{"an answer a moment old", tied(8*ms, func(s *sample) { s.SentAge = 4 * ms }), true},
		{"a tie", tied(500*ms, nil), true},
		{"an old tie", tied(doubtFor, nil), false},
		{"an old request", tied(time.Minute, func(s *sample) { s.SentAge += 4 * ms }), true},
		{"an old request in a tie", tied(time.Minute, func(s *sample) { s.PingPongOff = true }), true},
		{"unread", tied(2*time.Second, func(s *sample) { s.SentAge = time.Second; s.Unread = 1 }), true},
		{"unsent", tied(2*time.Second, func(s *sample) { s.SentAge = time.Second; s.NotSent = 1 }), true},
	} {
		if p := newSide(c.look); p.busy(settled) != c.want {
			t.Errorf("%s: busy %v", c.name, !c.want)
		}
	}
	p := newSide(tied(8*ms, func(s *sample) { s.SentAge = 4 * ms }))
	for range 3 {
		p.look(150*ms, writes(100))
		p.look(150*ms, nil)
	}
	p.look(700*ms, nil)
	if !p.busy(calm) {
		t.Error("a stream that pauses is not busy")
	}
	p.look(300*ms, nil)
	if p.busy(calm) {
		t.Error("a stream that has ended is busy")
	}
}

// A client that connects and sends nothing keeps the program busy for a moment only, also if the first look saw it
// arrive.
func TestConnectsAndSendsNothing(t *testing.T) {
	p := newSide(sample{})
	if !p.busy(settled) {
		t.Error("no request is expected of a client that has just connected")
	}
	if p.look(freshFor, nil); p.busy(settled) {
		t.Error("it is busy for ever")
	}
}
