package drain

import (
	"encoding/binary"
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
		At: 10*time.Second + age, MSS: 1000, Window: 60000,
		Received: 500, Sent: 5000, DataIn: 10, AcksIn: 3, AcksOut: 2,
		SentAge: age, ReceivedAge: age, AckAge: age, RTT: 50 * time.Microsecond, PingPong: yes,
	}
	if change != nil {
		change(&s)
	}
	return s
}

func TestTurn(t *testing.T) {
	more := func(age time.Duration, change func(*sample)) sample { // a request and an answer later
		return tied(age, func(s *sample) {
			s.Received, s.Sent, s.DataIn = 550, 5500, 11
			if change != nil {
				change(s)
			}
		})
	}
	for _, c := range []struct {
		name  string
		looks []sample
		want  direction
	}{
		{"unread input", []sample{tied(0, func(s *sample) { s.Unread = 1; s.SentAge = 0; s.ReceivedAge = ms })}, dirRequest},
		{"just accepted", []sample{{SentAge: 0, ReceivedAge: 0}}, dirRequest},
		{"accepted, silent for long", []sample{{SentAge: 2 * time.Second, ReceivedAge: 2 * time.Second}}, dirAnswer},
		{"received later", []sample{tied(8*ms, func(s *sample) { s.ReceivedAge = 4 * ms })}, dirRequest},
		{"sent later", []sample{tied(8*ms, func(s *sample) { s.SentAge = 4 * ms })}, dirAnswer},
		{"tie: not acknowledged", []sample{tied(0, func(s *sample) { s.Unacked = 1 })}, dirAnswer},
		{"tie: pingpong off", []sample{tied(60*ms, func(s *sample) { s.PingPong = no })}, dirRequest},
		{"tie: one request in all", []sample{tied(0, func(s *sample) { s.DataIn = 1 })}, dirAnswer},
		{"tie: acknowledged a tick later", []sample{tied(60*ms, func(s *sample) { s.AckAge = 20 * ms })}, dirAnswer},
		{"tie at first sight", []sample{tied(60*ms, nil)}, dirUnknown},
		{"tie at first sight, one second old", []sample{tied(time.Second, nil)}, dirUnknown},
		{"tie at first sight, old", []sample{tied(doubtFor, nil)}, dirAssumed},
		{"tie, old, no word of pingpong", []sample{tied(doubtFor, func(s *sample) { s.PingPong = unknown })}, dirAssumed},

		{"tie: only received", []sample{tied(0, nil), tied(0, func(s *sample) { s.Received++ })}, dirRequest},
		{"tie: only sent", []sample{tied(0, nil), tied(0, func(s *sample) { s.Sent++ })}, dirAnswer},
		{"tie: both, ACK rode on a request", []sample{tied(0, nil), more(0, nil)}, dirRequest},
		{"tie: both, ACK came alone", []sample{tied(0, nil), more(0, func(s *sample) { s.AcksIn++ })}, dirUnknown},
		{"tie: both, sent again", []sample{tied(0, nil), more(0, func(s *sample) { s.Retrans++ })}, dirUnknown},
		{"tie: observing, one request after a rest", []sample{
			tied(30*ms, func(s *sample) { s.PingPong = unknown; s.SentAge = 26 * ms }),
			more(0, func(s *sample) { s.PingPong = unknown; s.AcksIn++ })}, dirAnswer},
		{"tie: observing, two segments after a rest", []sample{
			tied(30*ms, func(s *sample) { s.PingPong = unknown; s.SentAge = 26 * ms }),
			more(0, func(s *sample) { s.PingPong = unknown; s.AcksIn++; s.DataIn++ })}, dirUnknown},
		{"tie: certain stays certain", []sample{tied(0, nil), more(0, nil), more(20*ms, nil), more(3*time.Second, nil)}, dirRequest},
		{"tie: unknown, then a delayed ACK out", []sample{
			tied(0, nil), more(0, func(s *sample) { s.AcksIn++ }),
			more(40*ms, func(s *sample) { s.AcksIn++; s.AcksOut++ })}, dirRequest},
		{"tie: unknown, then a probe and its ACK", []sample{
			tied(0, nil), more(0, func(s *sample) { s.AcksIn++ }),
			more(40*ms, func(s *sample) { s.AcksIn += 2; s.AcksOut++ })}, dirUnknown},
		{"tie: unknown, no delayed ACK ever", []sample{
			tied(0, nil), more(0, func(s *sample) { s.AcksIn++ }),
			more(100*ms, func(s *sample) { s.AcksIn++ })}, dirAnswer},
		{"tie: unknown, far away, no delayed ACK yet", []sample{
			tied(0, nil), more(0, func(s *sample) { s.AcksIn++; s.RTT = 80 * ms }),
			more(100*ms, func(s *sample) { s.AcksIn++; s.RTT = 80 * ms })}, dirUnknown},
		{"tie: acknowledged along with the input, so no ACK is no news", []sample{
			tied(0, nil), more(0, func(s *sample) { s.AcksIn++; s.AcksOut++ }),
			more(time.Second, func(s *sample) { s.AcksIn++; s.AcksOut++ })}, dirUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			var l connState
			for _, s := range c.looks {
				l.observe(s, testTick)
			}
			if l.dir != c.want {
				t.Errorf("turn %d, want %d", l.dir, c.want)
			}
		})
	}
}

func TestActions(t *testing.T) {
	// cycles of request and answer every 10 ms, looked at twice each
	at := func(n int, change func(*sample)) sample {
		return sample{
			At: time.Duration(n) * 5 * ms, MSS: 1000, Window: 60000, PingPong: yes,
			Received: uint64(100 * (n + 1) / 2 * 2), Sent: uint64(1000 + 200*(n/2)), DataIn: 5,
			SentAge: 0, ReceivedAge: 4 * ms,
		}
	}
	l := connState{sizes: &responseSizes{left: 1}}
	var seen [actFinish + 1]int
	for n := 0; n < 60 && !l.corked; n++ { // from then on answers do not leave by themselves
		l.observe(at(n, nil), testTick)
		d := l.decide(testTick, false)
		seen[d]++
		l.done(d)
	}
	if all := seen[actNone] + seen[actCork]; !l.corked || seen[actCork] != 1 || all != sum(seen[:]) || l.last.At < pauseFor {
		t.Fatalf("actions %v, corked %v at %v; want one cork, after the client had time to pause, and else nothing", seen, l.corked, l.last.At)
	}

	s := l.last
	step := func(after time.Duration, change func(*sample), want action) {
		t.Helper()
		s.At += after
		s.SentAge, s.ReceivedAge = s.SentAge+after, s.ReceivedAge+after
		if change != nil {
			change(&s)
		}
		l.observe(s, testTick)
		if got := l.decide(testTick, false); got != want {
			t.Fatalf("at %v: action %d, want %d", s.At, got, want)
		}
		l.done(want)
	}
	ask := func(s *sample) { s.Received += 100; s.ReceivedAge = 0; s.Unacked = 0 }
	write := func(n uint32) func(*sample) { return func(s *sample) { s.NotSent = n } }
	for range tryMost {
		step(5*ms, ask, actNone)
		step(2*ms, write(200), actNone)
		step(20*ms, nil, actNone)
		step(4*ms, nil, actPushWhole)
		s.Sent, s.NotSent, s.SentAge, s.Unacked = s.Sent+200, 0, 0, 1
	}
	step(2*ms, ask, actNone)
	step(2*ms, write(25), actPush) // 100 Continue
	s.Sent, s.NotSent, s.SentAge = s.Sent+25, 0, 0
	step(2*ms, ask, actNone)
	step(2*ms, write(200), actNone)
	step(5*ms, nil, actNone)
	step(5*ms, write(300), actUncork) // an answer in parts: a stream
	s.Sent, s.NotSent, s.SentAge = s.Sent+300, 0, 0
	step(500*ms, nil, actNone)
	if l.class(calmFor) != classBusy {
		t.Error("a stream that pauses for half a second is not busy")
	}
	step(501*ms, nil, actFinish)
}

func sum(ns []int) (all int) {
	for _, n := range ns {
		all += n
	}
	return all
}

// pusher feeds a state what is seen of a program that lets its answers go
// past our cork, one look at a request and one at its answer.
type pusher struct {
	connState
	s sample
}

func newPusher() *pusher {
	p := &pusher{connState: connState{speaks: protoHTTP}, s: sample{MSS: 1000, Window: 60000, PingPong: yes}}
	p.observe(p.s, testTick)
	p.sizes.left = 1
	for !p.corked && p.s.At < 2*pauseFor {
		p.answer(1000 + uint64(p.s.At/ms)) // no two of one length
	}
	if !p.corked {
		panic("no cork")
	}
	return p
}

func (p *pusher) look(after time.Duration, change func(*sample)) action {
	p.s.At += after
	p.s.SentAge, p.s.ReceivedAge = p.s.SentAge+after, p.s.ReceivedAge+after
	if change != nil {
		change(&p.s)
	}
	p.observe(p.s, testTick)
	d := p.decide(testTick, false)
	p.done(d)
	return d
}

func (p *pusher) ask() action {
	return p.look(5*ms, asks)
}

func (p *pusher) push(n uint64) action { return p.look(4*ms, sends(n)) }

func (p *pusher) answer(n uint64) { p.ask(); p.push(n) }

// both is a request and output in one look, in so many segments; the last
// came after the request.
func (p *pusher) both(n uint64, segments uint32) action {
	return p.look(5*ms, func(s *sample) { asks(s); sends(n)(s); s.DataOut += segments - 1 })
}

func asks(s *sample) { s.Received += 100; s.ReceivedAge = 0; s.Unacked = 0 }

func sends(n uint64) func(*sample) {
	return func(s *sample) { s.Sent += n; s.DataOut++; s.SentAge = 0; s.Unacked = 1 }
}

func TestPushedOut(t *testing.T) {
	for _, c := range []struct {
		name string
		then func(p *pusher)
		want action
	}{
		{"same length twice before", func(p *pusher) { p.answer(300); p.answer(300); p.answer(300) }, actFinish},
		{"same length, others between", func(p *pusher) { p.answer(300); p.answer(301); p.answer(300); p.answer(302); p.answer(300) }, actFinish},
		{"same length once before", func(p *pusher) { p.answer(300); p.answer(300) }, actNone},
		{"same length long ago", func(p *pusher) {
			p.answer(300)
			p.answer(300)
			for n := range uint64(len(responseSizes{}.whole)) {
				p.answer(400 + n)
			}
			p.answer(300)
		}, actNone},
		{"another length", func(p *pusher) { p.answer(300); p.answer(300); p.answer(299) }, actNone},
		{"the head of one as long", func(p *pusher) { p.answer(300); p.answer(300); p.answer(150) }, actNone},
		{"a request not answered", func(p *pusher) { p.answer(300); p.answer(300); p.answer(300); p.ask() }, actNone},
		{"request and answer in one look", func(p *pusher) { p.both(300, 1); p.both(300, 1); p.both(300, 1); p.both(300, 1) }, actFinish},
		{"the same in segments, after known answers", func(p *pusher) { p.answer(300); p.answer(300); p.answer(300); p.both(300, 2) }, actFinish},
		{"request and head in one look", func(p *pusher) { p.answer(300); p.answer(300); p.answer(300); p.both(150, 1) }, actNone},
		// What follows is as long as a whole answer, but ends with a head.
		{"body, request and head in one look", func(p *pusher) {
			p.answer(300)
			p.answer(300)
			p.answer(300)
			p.answer(150)
			p.both(300, 2)
		}, actNone},
		{"bodies, requests and heads, ever in one look", func(p *pusher) {
			p.answer(150)
			for range 20 {
				p.both(300, 2)
			}
		}, actNone},
		{"as long, but nobody knows where it began", func(p *pusher) {
			p.answer(300)
			p.answer(300)
			p.answer(301)
			p.both(300, 2)
		}, actNone},
		{"interim answers", func(p *pusher) { p.answer(25); p.answer(25); p.answer(25) }, actNone},
		{"a part once, before or after", func(p *pusher) {
			p.answer(300)
			p.answer(150)
			p.push(150)
			p.answer(300)
			p.answer(300)
			p.answer(300)
		}, actNone},
		{"let go by us", func(p *pusher) {
			for range 3 {
				p.ask()
				p.look(4*ms, func(s *sample) { s.NotSent = 300 })
				for p.look(4*ms, nil) != actPushWhole {
				}
				p.s.NotSent = 0
				p.s.Sent += 300
			}
			p.ask()
			p.look(4*ms, func(s *sample) { s.NotSent = 300 })
			p.done(actPush)
			p.look(4*ms, func(s *sample) { s.Sent += 300; s.NotSent, s.SentAge = 0, 0 })
		}, actNone},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPusher()
			c.then(p)
			if d := p.look(restFor, nil); d != c.want {
				t.Errorf("action %d, want %d; %+v", d, c.want, *p.sizes)
			}
		})
	}
	p := newPusher()
	p.answer(150)
	if p.sizes.parted > 0 {
		t.Error("parted, by nothing but answers")
	}
	if p.push(150); p.sizes.parted == 0 {
		t.Error("the rest of an answer came, and it counts as whole before")
	}
}

// After an interim answer the client sends the rest of its request, on a busy machine much later.
func TestInterimAnswerIsNotWhole(t *testing.T) {
	p := newPusher()
	p.ask()
	p.push(25) // 100 Continue
	if d := p.look(firstFor-ms, nil); d != actNone {
		t.Errorf("action %d", d)
	}
	if d := p.decide(testTick, true); d != actNone {
		t.Errorf("action %d when patience has ended", d)
	}
	if d := p.look(ms, nil); d != actFinish {
		t.Errorf("action %d on an answer that old", d)
	}

	p = newPusher() // the end of an answer, the next request and an interim answer are in one look
	p.ask()
	p.both(225, 2)
	if d := p.look(firstFor-ms, nil); d != actNone {
		t.Errorf("action %d after two answers", d)
	}
}

func TestQuietIsLeftAlone(t *testing.T) {
	var l connState
	for n := range 100 {
		age := time.Duration(n) * 100 * ms
		l.observe(sample{At: age, Received: 100, Sent: 100, SentAge: age, ReceivedAge: age + 8*ms, PingPong: yes}, testTick)
		if d := l.decide(testTick, true); d != actNone {
			t.Fatalf("action %d on a parked connection", d)
		}
	}
	if l.class(calmFor) != classQuiet {
		t.Error("not quiet")
	}
}

// FuzzConnState feeds any sequence of samples and checks what must always hold.
func FuzzConnState(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
	f.Add(make([]byte, 120))
	f.Fuzz(func(t *testing.T, b []byte) {
		var l connState
		s := sample{MSS: 1000, Window: 5000}
		for len(b) >= 12 {
			v := binary.LittleEndian.Uint64(b)
			s.At += time.Duration(b[8]) * ms / 4
			s.Received += uint64(b[0] & 3 * 50)
			s.Sent += uint64(b[1] & 3 * 100)
			s.Unread, s.NotSent = int(b[2]&1), uint32(b[3])
			s.Unacked = uint32(b[4] & 1)
			s.AcksIn += uint32(b[5] & 1)
			s.AcksOut += uint32(b[6] & 1)
			s.DataOut += uint32(b[7] & 3)
			s.SentAge, s.ReceivedAge = time.Duration(b[9]&7)*4*ms, time.Duration(b[10]&7)*4*ms
			s.AckAge = min(s.ReceivedAge, time.Duration(b[11]&7)*4*ms)
			s.PingPong = tri(v % 3)
			b = b[12:]
			before := l
			l.observe(s, testTick)
			if l.corked {
				l.seeCork(v&16 != 0)
			}
			d := l.decide(testTick, v&8 != 0)
			if d == actFinish {
				switch {
				case l.unfinished(v&8 != 0) && s.At-l.outAt < firstFor && l.pushedAt == 0:
					t.Error("ended before the program has removed the cork")
				case !l.used:
					t.Error("ended a connection nobody uses")
				case s.Unread > 0:
					t.Error("ended over an unread request")
				case l.dir != dirAnswer && !l.holdsAnswer():
					t.Error("ended while it was not certainly the client's turn")
				case l.answerPushed() && (l.sizes.parted > 0 || !l.corked):
					t.Error("ended by a length that proves nothing")
				case s.At < l.stream:
					t.Error("ended a stream")
				}
			}
			if (l.dir == dirRequest || l.dir == dirUnknown) && l.class(calmFor) != classBusy {
				t.Error("the program's turn, but not busy")
			}
			if l.ended < before.ended || l.cycles < before.cycles {
				t.Error("a count went down")
			}
			l.done(d)
		}
	})
}
