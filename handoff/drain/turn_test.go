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
		want  turn
	}{
		{"unread input", []sample{tied(0, func(s *sample) { s.Unread = 1; s.SentAge = 0; s.ReceivedAge = ms })}, turnProgram},
		{"just accepted", []sample{{SentAge: 0, ReceivedAge: 0}}, turnProgram},
		{"accepted, silent for long", []sample{{SentAge: 2 * time.Second, ReceivedAge: 2 * time.Second}}, turnClient},
		{"received later", []sample{tied(8*ms, func(s *sample) { s.ReceivedAge = 4 * ms })}, turnProgram},
		{"sent later", []sample{tied(8*ms, func(s *sample) { s.SentAge = 4 * ms })}, turnClient},
		{"tie: not acknowledged", []sample{tied(0, func(s *sample) { s.Unacked = 1 })}, turnClient},
		{"tie: pingpong off", []sample{tied(60*ms, func(s *sample) { s.PingPong = no })}, turnProgram},
		{"tie: one request in all", []sample{tied(0, func(s *sample) { s.DataIn = 1 })}, turnClient},
		{"tie: acknowledged a tick later", []sample{tied(60*ms, func(s *sample) { s.AckAge = 20 * ms })}, turnClient},
		{"tie at first sight", []sample{tied(60*ms, nil)}, turnUnknown},
		{"tie at first sight, one second old", []sample{tied(time.Second, nil)}, turnUnknown},
		{"tie at first sight, old", []sample{tied(doubtFor, nil)}, turnAssumed},
		{"tie, old, no word of pingpong", []sample{tied(doubtFor, func(s *sample) { s.PingPong = unknown })}, turnAssumed},

		{"tie: only received", []sample{tied(0, nil), tied(0, func(s *sample) { s.Received++ })}, turnProgram},
		{"tie: only sent", []sample{tied(0, nil), tied(0, func(s *sample) { s.Sent++ })}, turnClient},
		{"tie: both, ACK rode on a request", []sample{tied(0, nil), more(0, nil)}, turnProgram},
		{"tie: both, ACK came alone", []sample{tied(0, nil), more(0, func(s *sample) { s.AcksIn++ })}, turnUnknown},
		{"tie: both, sent again", []sample{tied(0, nil), more(0, func(s *sample) { s.Retrans++ })}, turnUnknown},
		{"tie: observing, one request after a rest", []sample{
			tied(30*ms, func(s *sample) { s.PingPong = unknown; s.SentAge = 26 * ms }),
			more(0, func(s *sample) { s.PingPong = unknown; s.AcksIn++ })}, turnClient},
		{"tie: observing, two segments after a rest", []sample{
			tied(30*ms, func(s *sample) { s.PingPong = unknown; s.SentAge = 26 * ms }),
			more(0, func(s *sample) { s.PingPong = unknown; s.AcksIn++; s.DataIn++ })}, turnUnknown},
		{"tie: certain stays certain", []sample{tied(0, nil), more(0, nil), more(20*ms, nil), more(3*time.Second, nil)}, turnProgram},
		{"tie: unknown, then a delayed ACK out", []sample{
			tied(0, nil), more(0, func(s *sample) { s.AcksIn++ }),
			more(40*ms, func(s *sample) { s.AcksIn++; s.AcksOut++ })}, turnProgram},
		{"tie: unknown, then a probe and its ACK", []sample{
			tied(0, nil), more(0, func(s *sample) { s.AcksIn++ }),
			more(40*ms, func(s *sample) { s.AcksIn += 2; s.AcksOut++ })}, turnUnknown},
		{"tie: unknown, no delayed ACK ever", []sample{
			tied(0, nil), more(0, func(s *sample) { s.AcksIn++ }),
			more(100*ms, func(s *sample) { s.AcksIn++ })}, turnClient},
		{"tie: unknown, far away, no delayed ACK yet", []sample{
			tied(0, nil), more(0, func(s *sample) { s.AcksIn++; s.RTT = 80 * ms }),
			more(100*ms, func(s *sample) { s.AcksIn++; s.RTT = 80 * ms })}, turnUnknown},
		{"tie: acknowledged along with the input, so no ACK is no news", []sample{
			tied(0, nil), more(0, func(s *sample) { s.AcksIn++; s.AcksOut++ }),
			more(time.Second, func(s *sample) { s.AcksIn++; s.AcksOut++ })}, turnUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			var l ledger
			for _, s := range c.looks {
				l.note(s, testTick)
			}
			if l.turn != c.want {
				t.Errorf("turn %d, want %d", l.turn, c.want)
			}
		})
	}
}

func TestDeeds(t *testing.T) {
	// cycles of request and answer every 10 ms, looked at twice each
	at := func(n int, change func(*sample)) sample {
		return sample{
			At: time.Duration(n) * 5 * ms, MSS: 1000, Window: 60000, PingPong: yes,
			Received: uint64(100 * (n + 1) / 2 * 2), Sent: uint64(1000 + 200*(n/2)), DataIn: 5,
			SentAge: 0, ReceivedAge: 4 * ms,
		}
	}
	var l ledger
	var seen [finish + 1]int
	for n := 0; n < 60 && !l.corked; n++ { // from then on answers do not leave by themselves
		l.note(at(n, nil), testTick)
		d := l.deed(testTick, false)
		seen[d]++
		l.did(d)
	}
	if all := seen[leave] + seen[cork]; !l.corked || seen[cork] != 1 || all != sum(seen[:]) || l.last.At < pauseFor {
		t.Fatalf("deeds %v, corked %v at %v; want one cork, after the client had time to pause, and else nothing", seen, l.corked, l.last.At)
	}

	s := l.last
	step := func(after time.Duration, change func(*sample), want deed) {
		t.Helper()
		s.At += after
		s.SentAge, s.ReceivedAge = s.SentAge+after, s.ReceivedAge+after
		if change != nil {
			change(&s)
		}
		l.note(s, testTick)
		if got := l.deed(testTick, false); got != want {
			t.Fatalf("at %v: deed %d, want %d", s.At, got, want)
		}
		l.did(want)
	}
	ask := func(s *sample) { s.Received += 100; s.ReceivedAge = 0; s.Unacked = 0 }
	write := func(n uint32) func(*sample) { return func(s *sample) { s.NotSent = n } }
	for range tryMost {
		step(5*ms, ask, leave)
		step(2*ms, write(200), leave)
		step(20*ms, nil, leave)
		step(4*ms, nil, free)
		s.Sent, s.NotSent, s.SentAge, s.Unacked = s.Sent+200, 0, 0, 1
	}
	step(2*ms, ask, leave)
	step(2*ms, write(25), release) // 100 Continue
	s.Sent, s.NotSent, s.SentAge = s.Sent+25, 0, 0
	step(2*ms, ask, leave)
	step(2*ms, write(200), leave)
	step(5*ms, nil, leave)
	step(5*ms, write(300), uncork) // an answer in parts: a stream
	s.Sent, s.NotSent, s.SentAge = s.Sent+300, 0, 0
	step(500*ms, nil, leave)
	if l.class(calmFor) != classBusy {
		t.Error("a stream that pauses for half a second is not busy")
	}
	step(501*ms, nil, finish)
}

func sum(ns []int) (all int) {
	for _, n := range ns {
		all += n
	}
	return all
}

// pusher feeds a ledger what is seen of a program that lets its answers go
// past our cork, one look at a request and one at its answer.
type pusher struct {
	ledger
	s sample
}

func newPusher() *pusher {
	p := &pusher{s: sample{MSS: 1000, Window: 60000, PingPong: yes}}
	p.note(p.s, testTick)
	for !p.corked && p.s.At < 2*pauseFor {
		p.answer(1000 + uint64(p.s.At/ms)) // no two of one length
	}
	if !p.corked {
		panic("no cork")
	}
	return p
}

func (p *pusher) look(after time.Duration, change func(*sample)) deed {
	p.s.At += after
	p.s.SentAge, p.s.ReceivedAge = p.s.SentAge+after, p.s.ReceivedAge+after
	if change != nil {
		change(&p.s)
	}
	p.note(p.s, testTick)
	d := p.deed(testTick, false)
	p.did(d)
	return d
}

func (p *pusher) ask() deed {
	return p.look(5*ms, asks)
}

func (p *pusher) push(n uint64) deed { return p.look(4*ms, sends(n)) }

func (p *pusher) answer(n uint64) { p.ask(); p.push(n) }

// both is a request and output in one look, in so many segments; the last
// came after the request.
func (p *pusher) both(n uint64, segments uint32) deed {
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
		want deed
	}{
		{"same length twice before", func(p *pusher) { p.answer(300); p.answer(300); p.answer(300) }, finish},
		{"same length, others between", func(p *pusher) { p.answer(300); p.answer(301); p.answer(300); p.answer(302); p.answer(300) }, finish},
		{"same length once before", func(p *pusher) { p.answer(300); p.answer(300) }, leave},
		{"same length long ago", func(p *pusher) {
			p.answer(300)
			p.answer(300)
			for n := range uint64(len(habits{}.whole)) {
				p.answer(400 + n)
			}
			p.answer(300)
		}, leave},
		{"another length", func(p *pusher) { p.answer(300); p.answer(300); p.answer(299) }, leave},
		{"the head of one as long", func(p *pusher) { p.answer(300); p.answer(300); p.answer(150) }, leave},
		{"a request not answered", func(p *pusher) { p.answer(300); p.answer(300); p.answer(300); p.ask() }, leave},
		{"request and answer in one look", func(p *pusher) { p.both(300, 1); p.both(300, 1); p.both(300, 1); p.both(300, 1) }, finish},
		{"the same in segments, after known answers", func(p *pusher) { p.answer(300); p.answer(300); p.answer(300); p.both(300, 2) }, finish},
		{"request and head in one look", func(p *pusher) { p.answer(300); p.answer(300); p.answer(300); p.both(150, 1) }, leave},
		// What follows is as long as a whole answer, but ends with a head.
		{"body, request and head in one look", func(p *pusher) {
			p.answer(300)
			p.answer(300)
			p.answer(300)
			p.answer(150)
			p.both(300, 2)
		}, leave},
		{"bodies, requests and heads, ever in one look", func(p *pusher) {
			p.answer(150)
			for range 20 {
				p.both(300, 2)
			}
		}, leave},
		{"as long, but nobody knows where it began", func(p *pusher) {
			p.answer(300)
			p.answer(300)
			p.answer(301)
			p.both(300, 2)
		}, leave},
		{"interim answers", func(p *pusher) { p.answer(25); p.answer(25); p.answer(25) }, leave},
		{"a part once, before or after", func(p *pusher) {
			p.answer(300)
			p.answer(150)
			p.push(150)
			p.answer(300)
			p.answer(300)
			p.answer(300)
		}, leave},
		{"let go by us", func(p *pusher) {
			for range 3 {
				p.ask()
				p.look(4*ms, func(s *sample) { s.NotSent = 300 })
				for p.look(4*ms, nil) != free {
				}
				p.s.NotSent = 0
				p.s.Sent += 300
			}
			p.ask()
			p.look(4*ms, func(s *sample) { s.NotSent = 300 })
			p.did(release)
			p.look(4*ms, func(s *sample) { s.Sent += 300; s.NotSent, s.SentAge = 0, 0 })
		}, leave},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPusher()
			c.then(p)
			if d := p.look(restFor, nil); d != c.want {
				t.Errorf("deed %d, want %d; %+v", d, c.want, *p.habits)
			}
		})
	}
	p := newPusher()
	p.answer(150)
	if p.habits.parted {
		t.Error("parted, by nothing but answers")
	}
	if p.push(150); !p.habits.parted {
		t.Error("the rest of an answer came, and it counts as whole before")
	}
}

func TestSureOfAWholeAnswer(t *testing.T) {
	held := ledger{last: sample{At: time.Minute, NotSent: 100}, outAt: time.Minute - holdFor}
	gone := ledger{last: sample{At: time.Minute}, outAt: time.Minute - calmFor}
	for name, l := range map[string]*ledger{"held": &held, "gone": &gone} {
		for _, c := range []struct{ working, want bool }{{false, false}, {true, false}, {false, false}, {false, true}} {
			if got := l.sure(c.working); got != c.want {
				t.Errorf("%s: sure %v after working %v", name, got, c.working)
			}
		}
	}
	held.outAt, gone.outAt = time.Minute-workHold, time.Minute-workRest
	if !held.sure(true) || !gone.sure(true) {
		t.Error("waits for ever for a program that is always at work")
	}
}

func TestQuietIsLeftAlone(t *testing.T) {
	var l ledger
	for n := range 100 {
		age := time.Duration(n) * 100 * ms
		l.note(sample{At: age, Received: 100, Sent: 100, SentAge: age, ReceivedAge: age + 8*ms, PingPong: yes}, testTick)
		if d := l.deed(testTick, true); d != leave {
			t.Fatalf("deed %d on a parked connection", d)
		}
	}
	if l.class(calmFor) != classQuiet {
		t.Error("not quiet")
	}
}

// FuzzLedger feeds any sequence of samples and checks what must always hold.
func FuzzLedger(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
	f.Add(make([]byte, 120))
	f.Fuzz(func(t *testing.T, b []byte) {
		var l ledger
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
			l.note(s, testTick)
			d := l.deed(testTick, v&8 != 0)
			if d == finish {
				switch {
				case !l.used:
					t.Error("ended a connection nobody uses")
				case s.Unread > 0:
					t.Error("ended over an unread request")
				case l.turn != turnClient && !l.held():
					t.Error("ended while it was not certainly the client's turn")
				case l.pushed() && (l.habits.parted || !l.corked):
					t.Error("ended by a length that proves nothing")
				case s.At < l.stream:
					t.Error("ended a stream")
				}
			}
			if (l.turn == turnProgram || l.turn == turnUnknown) && l.class(calmFor) != classBusy {
				t.Error("the program's turn, but not busy")
			}
			if l.ended < before.ended || l.cycles < before.cycles {
				t.Error("a count went down")
			}
			l.did(d)
		}
	})
}
