package watch

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// act is one step of a story: at that time a file gets other bytes, and is open for
// writing for a while.
type act struct {
	at   time.Duration
	path string
	open time.Duration
	same bool // as it was: no change
}

// told is a batch of a story.
type told struct {
	at    time.Duration
	paths []string
}

func (b told) String() string { return fmt.Sprintf("%v %s", b.at, strings.Join(b.paths, " ")) }

// stage plays acts to a debounce in virtual time, as the loop does.
type stage struct {
	d     debounce
	blind bool // it is not known which files are open
	begun time.Time
	now   time.Time
	dirty map[string]bool // whether it was changed
	open  map[string]time.Time
	out   []told
	check func(s *stage) // before each batch
}

func newStage() *stage {
	begun := time.Unix(1e9, 0)
	d := (&Config{}).debounce()
	return &stage{d: d, begun: begun, now: begun, dirty: map[string]bool{}, open: map[string]time.Time{}}
}

// play plays acts, sorted by time, and returns the batches.
func (s *stage) play(acts ...act) []told {
	s.out = nil
	begun := s.now
	for _, a := range acts {
		s.until(begun.Add(a.at))
		s.dirty[a.path] = s.dirty[a.path] || !a.same
		s.open[a.path] = s.now.Add(a.open)
		s.d.event(s.now, len(s.dirty))
	}
	s.until(s.now.Add(10 * time.Second)) // the next story is another run
	for i := range s.out {
		s.out[i].at -= begun.Sub(s.begun)
	}
	return s.out
}

// until does what the loop does when its timer fires, until then.
func (s *stage) until(then time.Time) {
	for len(s.dirty) > 0 {
		next := s.d.next()
		if !next.Before(then) {
			break
		}
		if next.After(s.now) {
			s.now = next
		}
		if look := s.d.inspect(); !look.IsZero() && !s.now.Before(look) {
			s.d.looked, s.d.complete = s.now, s.complete()
		}
		if s.d.next().After(s.now) {
			continue
		}
		if s.check != nil {
			s.check(s)
		}
		var changed []string
		for path, c := range s.dirty {
			if c {
				changed = append(changed, path)
			}
		}
		slices.Sort(changed)
		s.d.end(len(changed) > 0)
		clear(s.dirty)
		if len(changed) > 0 {
			s.out = append(s.out, told{s.now.Sub(s.begun), changed})
		}
	}
	if then.After(s.now) {
		s.now = then
	}
}

func (s *stage) complete() bool {
	for path := range s.dirty {
		return !s.blind && len(s.dirty) == 1 && s.now.After(s.open[path])
	}
	return false
}

func TestQuietTimeOfASave(t *testing.T) {
	a := func(at time.Duration) act { return act{at: at * ms, path: "/a.ts"} }
	b := func(at time.Duration) act { return act{at: at * ms, path: "/b.ts"} }
	held := func(at, open time.Duration) act { return act{at: at * ms, path: "/a.ts", open: open * ms} }
	many := func(n int) (acts []act) {
		for i := range n {
			acts = append(acts, act{path: fmt.Sprint("/", i)})
		}
		return acts
	}
	for _, tt := range []struct {
		name  string
		acts  []act
		blind bool
		want  string
	}{
		{"one file", []act{a(0)}, false, "15ms /a.ts"},
		{"nothing is known", []act{a(0)}, true, "60ms /a.ts"},
		{"two events", []act{a(0), a(10)}, false, "25ms /a.ts"},
		{"still open at the first look", []act{held(0, 20)}, false, "30ms /a.ts"},
		{"open for long", []act{held(0, 500)}, false, "60ms /a.ts"},
		{"written in pieces, closed at last", []act{held(0, 50), held(20, 30), held(40, 10)}, false, "55ms /a.ts"},
		{"two files", []act{a(0), b(5)}, false, "65ms /a.ts /b.ts"},
		{"four files", many(4), false, "120ms"},
		{"64 files", many(64), false, "480ms"},
		{"1,000 files grow no further", many(1000), false, "480ms"},
		{"two bursts, held open", []act{held(0, 500), held(50, 500)}, false, "170ms /a.ts"},
		{"a formatter, unexpected", []act{a(0), a(80)}, false, "15ms /a.ts, 140ms /a.ts"},
		{"other files after it", []act{a(0), b(40), act{at: 70 * ms, path: "/c.ts"}, a(90)}, false,
			"15ms /a.ts, 150ms /a.ts /b.ts /c.ts"},
		{"the next save", []act{a(0), a(1000)}, false, "15ms /a.ts, 1.015s /a.ts"},
	} {
		s := newStage()
		s.blind = tt.blind
		got := fmt.Sprint(s.play(tt.acts...))
		if len(s.out) == 1 && len(s.out[0].paths) > 3 {
			got = "[" + s.out[0].at.String() + "]"
		}
		if got != "["+strings.ReplaceAll(tt.want, ", ", " ")+"]" {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// FuzzDebounce plays any saves: whatever is changed is delivered in the end; no file while
// it is open or within the short time of its last event, unless nothing has happened for
// the long time; and nothing later than the longest wait.
func FuzzDebounce(f *testing.F) {
	f.Add([]byte{0, 0, 80, 0, 0, 0, 80, 0}, false)
	f.Add([]byte{1, 9, 3, 17, 2, 255, 200, 0}, false)
	f.Add([]byte{1, 1, 1, 1, 1, 1, 1, 1, 60, 2, 60, 3}, true)
	f.Fuzz(func(t *testing.T, data []byte, blind bool) {
		s := newStage()
		s.blind = blind
		var acts []act
		at := time.Duration(0)
		for i := 0; i+1 < len(data) && i < 400; i += 2 {
			at += time.Duration(data[i]) * 2 * ms
			how := data[i+1]
			acts = append(acts, act{at: at, path: fmt.Sprintf("/%d/%d.ts", how&1, how>>1&3),
				open: time.Duration(how>>4) * 10 * ms, same: how&8 != 0})
		}
		if len(acts) == 0 {
			return
		}
		s.check = func(s *stage) {
			silent := s.now.Sub(s.d.last)
			late := !s.now.Before(s.d.limit())
			if silent < ShortQuiet && !late {
				t.Fatalf("delivered %v after the last event", silent)
			}
			if silent < DefaultQuiet && !late && (len(s.dirty) > 1 || blind || !s.complete()) {
				t.Fatalf("delivered %v after the last event: %v, open until %v, now %v", silent, s.dirty, s.open, s.now)
			}
			if s.now.After(s.d.limit()) {
				t.Fatalf("delivered %v after the limit", s.now.Sub(s.d.limit()))
			}
			if alone := s.d.bursts == 1 && len(s.dirty) < 4; alone && silent > DefaultQuiet {
				t.Fatalf("a save has waited %v", silent)
			}
		}
		got := s.play(acts...)
		lastSave := map[string]time.Duration{}
		for _, a := range acts {
			if !a.same {
				lastSave[a.path] = a.at
			}
		}
		for path, at := range lastSave {
			if !slices.ContainsFunc(got, func(b told) bool { return b.at >= at && slices.Contains(b.paths, path) }) {
				t.Fatalf("%s was saved after %v, and the batches are %v", path, at, got)
			}
		}
	})
}
