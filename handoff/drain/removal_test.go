package drain

import "testing"

// newRemover returns a connection without a request so far, of a program that was seen to remove the cork
// after answers of 300 bytes on others.
func newRemover() *pusher {
	other := newPusher()
	for range provenBy {
		other.answer(300)
		other.seeCork(true)
	}
	other.ask()
	p := &pusher{connState: connState{speaks: protoHTTP, sizes: other.sizes}, s: sample{MSS: 1000, Window: 60000, PingPong: yes}}
	p.observe(p.s, testTick)
	return p
}

func TestRemovedCork(t *testing.T) {
	for _, c := range []struct {
		name string
		then func(p *pusher)
		want action
	}{
		{"after the first answer", func(p *pusher) { p.ask(); p.seeCork(false); p.push(300); p.seeCork(true) }, actFinish},
		{"after both answers", func(p *pusher) {
			p.ask()
			p.push(300)
			p.seeCork(true)
			p.both(300, 1)
			p.seeCork(true)
		}, actFinish},
		{"not", func(p *pusher) { p.ask(); p.seeCork(false); p.push(300); p.seeCork(false) }, actNone},
		{"not, after an answer after which it was", func(p *pusher) {
			p.ask()
			p.push(300)
			p.seeCork(true)
			p.ask()
			p.seeCork(false)
			p.push(300)
			p.seeCork(false)
		}, actNone},
		{"perhaps after an earlier answer", func(p *pusher) {
			p.look(5*ms, func(s *sample) { asks(s); s.Unread = 100 })
			p.seeCork(false)
			p.look(5*ms, func(s *sample) { sends(300)(s); s.Unread = 0 })
			p.seeCork(true)
		}, actNone},
		{"when no output was seen", func(p *pusher) { p.ask(); p.seeCork(false); p.seeCork(true); p.push(300) }, actNone},
		{"after a part, of another length", func(p *pusher) { p.ask(); p.seeCork(false); p.push(150); p.seeCork(true) }, actNone},
		{"after a part, and more came", func(p *pusher) {
			p.ask()
			p.seeCork(false)
			p.push(300)
			p.seeCork(true)
			p.push(300)
			p.seeCork(true)
		}, actNone},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newRemover()
			c.then(p)
			if d := p.look(restFor, nil); d != c.want {
				t.Errorf("action %d, want %d; %+v, %+v", d, c.want, p.removal, *p.sizes)
			}
		})
	}
}

// An answer that was sent before hotswap put the cork on is waited for no longer than others.
func TestCorkedAfterTheAnswer(t *testing.T) {
	p := newPusher()
	p.corked = false
	for n := range uint64(3) {
		p.ask()
		p.push(300 + n)
	}
	if !p.corked {
		p.done(actCork)
	}
	p.corkedBefore, p.removal.ours, p.sizes.left = false, false, 0
	p.seeCork(false)
	p.sizes.removals = 1
	if got := p.look(calmFor, nil); got != actFinish {
		t.Errorf("action %d, want to finish", got)
	}
	if p.ask(); p.sizes.left > 0 {
		t.Error("the program left the cork on that was put on later")
	}
}

// What the cork holds is not whole while the program has not removed it.
func TestHeldUntilTheCorkIsRemoved(t *testing.T) {
	for _, removes := range []bool{false, true} {
		p := newPusher()
		for n := range uint64(5) {
			p.answer(300 + n)
			p.seeCork(removes)
		}
		p.ask()
		p.look(4*ms, func(s *sample) { s.NotSent = 200 })
		got := p.look(holdFor, nil)
		if want := map[bool]action{false: actPushWhole, true: actPush}[removes]; got != want {
			t.Errorf("removes %v: action %d after a pause, want %d", removes, got, want)
		}
		if !removes {
			continue
		}
		p.look(4*ms, func(s *sample) { s.Sent, s.NotSent, s.SentAge = s.Sent+200, 0, 0 })
		if got := p.look(2*calmFor, nil); got != actNone {
			t.Errorf("action %d after a long pause, want none", got)
		}
		p.push(100)
		p.seeCork(true)
		if got := p.look(streamFor, nil); got != actFinish {
			t.Errorf("action %d after the end, want to finish", got)
		}
	}
}

// The lengths of messages on WebSockets say nothing about the program's answers.
func TestMessagesAreNoAnswers(t *testing.T) {
	p := newPusher()
	before := p.sizes.count
	p.speaks = protoWebSocket
	p.answer(300)
	p.answer(300)
	p.push(300)
	if p.sizes.count != before || p.sizes.parted > 0 {
		t.Errorf("%+v; %d lengths before", *p.sizes, before)
	}
	p = newPusher()
	p.answer(300)
	p.push(300) // before hotswap has seen what the client speaks
	p.speaks = protoUnknown
	for range framesProve {
		p.ask()
		p.learn([]byte(frame(0x81, 20)), true)
	}
	if p.speaks != protoWebSocket || p.sizes.parted > 0 {
		t.Errorf("speaks %d; %+v", p.speaks, *p.sizes)
	}
}

// What is known of the program's answers is not lost when the drain begins again.
func TestEarlierDrain(t *testing.T) {
	before := New(Config{})
	before.sizes.removals = provenBy
	if d := New(Config{Earlier: before}); d.sizes.leaves(true) {
		t.Error("the new drain knows nothing")
	}
}

// What a program does with the cork must be known before what the cork holds counts as whole.
func TestHeldBeforeTheProgramIsKnown(t *testing.T) {
	for _, c := range []struct {
		name string
		then func(p *pusher) // after what was held was sent
		want action
	}{
		{"the client goes on", func(p *pusher) {
			p.look(4*ms, nil)
			p.seeCork(false)
			p.ask()
			p.look(4*ms, func(s *sample) { s.NotSent = 100 })
		}, actPushWhole},
		{"the client goes on at once", func(p *pusher) {
			p.look(4*ms, func(s *sample) { asks(s); s.NotSent = 100 })
		}, actPushWhole},
		{"more comes, and the client goes on", func(p *pusher) {
			p.look(4*ms, func(s *sample) { s.Sent += 100; asks(s); s.NotSent = 100 })
		}, actPush},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPusher()
			p.sizes.left = 0
			p.ask()
			p.look(4*ms, func(s *sample) { s.NotSent = 200 })
			if got := p.look(holdFor, nil); got != actPush {
				t.Fatalf("action %d before the program is known, want %d", got, actPush)
			}
			p.s.Sent, p.s.NotSent, p.s.SentAge = p.s.Sent+200, 0, 0
			c.then(p)
			if got := p.look(holdFor, nil); got != c.want {
				t.Errorf("action %d after the next pause, want %d; %+v", got, c.want, *p.sizes)
			}
		})
	}
}
