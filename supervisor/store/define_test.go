package store

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

// definer collects the answers of one call of Define.
type definer struct {
	answers []Answer
	cancel  func()
}

func define(s *Store, key string) *definer {
	d := &definer{}
	d.cancel = s.Define(key, 0, func(a Answer) { d.answers = append(d.answers, a) })
	return d
}

// String describes the answers.
func (d *definer) String() string {
	out := ""
	for _, a := range d.answers {
		switch {
		case a.Turn != nil:
			out += "run "
		case a.Err != nil:
			out += a.Err.Error() + " "
		default:
			out += string(a.Item.Value.JSON) + " "
		}
	}
	return out
}

// turn returns the turn that the newest answer is.
func (d *definer) turn() *Turn { return d.answers[len(d.answers)-1].Turn }

func expect(t *testing.T, what string, all []*definer, want ...string) {
	t.Helper()
	for i, d := range all {
		if got := d.String(); got != want[i] {
			t.Errorf("%s: caller %d got %q, want %q", what, i, got, want[i])
		}
	}
}

func TestDefine(t *testing.T) {
	s := New(Limits{})
	all := []*definer{define(s, "a"), define(s, "a"), define(s, "a")}
	expect(t, "first", all, "run ", "", "")
	turn := all[0].turn()
	turn.Defined(js("1"))
	expect(t, "defined", all, "run 1 ", "1 ", "1 ")
	turn.Defined(js("2"))
	turn.Failed(nil)
	expect(t, "over", all, "run 1 ", "1 ", "1 ")
	expect(t, "exists", []*definer{define(s, "a")}, "1 ")
	if len(s.turns) != 0 {
		t.Error("something is left")
	}
}

func TestDefineGoesToTheNext(t *testing.T) {
	s := New(Limits{Value: 5})
	all := []*definer{define(s, "a"), define(s, "a"), define(s, "a"), define(s, "a"), define(s, "a")}
	all[0].turn().Failed(errors.New("no"))
	expect(t, "failed", all, "run no ", "run ", "", "", "")
	lost := all[1].turn()
	all[3].cancel()
	all[1].cancel()
	expect(t, "cancelled", all, "run no ", "run ", "run ", "", "")
	lost.Defined(js("7"))
	if _, ok := s.Get("a"); ok {
		t.Error("a turn that is over defines")
	}
	all[2].turn().Defined(js("123456"))
	if a := all[2].answers[1]; !errors.Is(a.Err, ErrTooLarge) {
		t.Error(a)
	}
	all[4].turn().Defined(js("1"))
	expect(t, "last", all[3:], "", "run 1 ")
	all[4].cancel()
	if len(s.turns) != 0 {
		t.Error("something is left")
	}
}

func TestSetWhileTheInitializerRuns(t *testing.T) {
	s := New(Limits{})
	all := []*definer{define(s, "a"), define(s, "a")}
	mustSet(t, s, "a", "5")
	expect(t, "set", all, "run ", "5 ")
	all = append(all, define(s, "a"))
	all[0].turn().Defined(js("6"))
	expect(t, "defined", all, "run 5 ", "5 ", "5 ")
	s.Delete("a", nil)
	again := []*definer{define(s, "a")}
	mustSet(t, s, "a", "5")
	s.Delete("a", nil)
	again = append(again, define(s, "a"))
	expect(t, "one turn at a time", again, "run ", "")
	again[0].turn().Defined(js("8"))
	expect(t, "deleted meanwhile", again, "run 8 ", "8 ")
}

// Eight callers race to define each of 1,000 keys. Some fail and some give up.
func TestOneInitializerAtATime(t *testing.T) {
	s := New(Limits{})
	const keys, callers = 1000, 8
	var running, defined [keys]atomic.Int32
	var all sync.WaitGroup
	for c := range callers {
		all.Go(func() {
			for k := range keys {
				answered := make(chan Answer, 2)
				cancel := s.Define(fmt.Sprint(k), 0, func(a Answer) { answered <- a })
				a := <-answered
				if a.Turn != nil {
					if running[k].Add(1) != 1 {
						t.Error("two initializers run")
					}
					switch (c + k) % 4 {
					case 0:
						running[k].Add(-1)
						a.Turn.Failed(errors.New("no"))
						<-answered
						continue
					case 1:
						running[k].Add(-1)
						cancel()
						continue
					}
					defined[k].Add(1)
					running[k].Add(-1)
					a.Turn.Defined(js(fmt.Sprint(c)))
					a = <-answered
				}
				if a.Err != nil || a.Item.Key != fmt.Sprint(k) {
					t.Errorf("%+v", a)
				}
			}
		})
	}
	all.Wait()
	for k := range keys {
		if n := defined[k].Load(); n != 1 {
			t.Errorf("key %d was defined %d times", k, n)
		}
	}
	if len(s.turns) != 0 {
		t.Error("something is left")
	}
}
