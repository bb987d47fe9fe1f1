package selfwrite

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

const ms = time.Millisecond

// program is a program that is started anew for each swap. It writes its files at each
// start, and people save theirs when it serves.
type program struct {
	t       *testing.T
	d       Detector
	now     time.Time
	starts  []Start // newest first
	watched map[int]bool
	kernel  bool // tells who writes
	standby bool // the next generation has begun before it is needed
	builds  bool // the starts are builds

	swaps   int
	longest time.Duration // from a change to its swap
	delayed []string
}

func newProgram(t *testing.T, p program) *program {
	p.t, p.now, p.watched = t, time.Unix(1e9, 0), map[int]bool{}
	p.start()
	return &p
}

// start starts the program; it serves after 200 ms.
func (p *program) start() {
	number := len(p.starts) + 1
	watch := p.kernel && p.d.Watch()
	if p.standby {
		p.watched[number+1] = watch
	} else {
		p.watched[number] = watch
	}
	p.starts = slices.Insert(p.starts, 0, Start{Build: p.builds, Number: number, Began: p.now, Ready: p.now.Add(200 * ms)})
}

// change has a file change so long after the newest start.
func (p *program) change(file string, after time.Duration, by Writer) Verdict {
	p.now = p.starts[0].Began.Add(after)
	s := At(p.starts, p.now)
	for _, s := range s {
		if !p.watched[s.Number] {
			by = Unknown
		}
	}
	p.now = p.now.Add(60 * ms)
	changed := p.now
	first := p.d.Decide(p.now, p.starts, []Change{{file, s, by}})
	p.delayed = append(p.delayed, first.Delayed...)
	for v := first; len(v.Swap) > 0 || !v.Again.IsZero(); v = p.d.Decide(p.now, p.starts, nil) {
		if len(v.Swap) > 0 {
			p.swaps++
			p.longest = max(p.longest, p.now.Sub(changed))
			p.start()
			break
		}
		p.now = v.Again
	}
	return first
}

// A program that writes a file at each start is swapped for a few times, then no more.
func TestOwnWritesEnd(t *testing.T) {
	for _, p := range []program{{kernel: true}, {kernel: true, standby: true}, {kernel: true, builds: true}} {
		p := newProgram(t, p)
		for n := 0; p.swaps == n; n++ {
			p.change("types.ts", 100*ms, ByProgram)
		}
		if p.swaps < 2 || p.swaps > free || p.longest > 0 {
			t.Errorf("%d swaps, the slowest after %v", p.swaps, p.longest)
		}
		was := p.swaps
		for range 50 { // saves of other files
			p.change("app.ts", 10*time.Second, Others)
			p.change("types.ts", 100*ms, ByProgram)
		}
		if p.swaps != was+50 || len(p.delayed) > 0 {
			t.Errorf("%d swaps for 50 saves, delayed: %v", p.swaps-was, p.delayed)
		}
	}
}

// A build that writes the same bytes again is no change at every other start.
func TestABuildThatWritesTheSame(t *testing.T) {
	p := newProgram(t, program{kernel: true, builds: true})
	for range 10 {
		p.change("app.ts", time.Minute, Others) // a save, and its build
		p.change("made.ts", 100*ms, ByProgram)  // perhaps one more build
	}
	if p.swaps != 12 {
		t.Errorf("%d builds for 10 saves, want 12", p.swaps)
	}
}

// Who saves as soon as the program serves is never made to wait where the kernel tells
// the writer.
func TestSavesAtEachStartAreSwapped(t *testing.T) {
	for _, p := range []program{{kernel: true}, {kernel: true, standby: true}, {kernel: true, builds: true}} {
		p := newProgram(t, p)
		for range 50 {
			p.change("app.ts", 150*ms, Others)
		}
		if p.swaps != 50 || p.longest > 0 {
			t.Errorf("%d swaps for 50 saves, the slowest after %v", p.swaps, p.longest)
		}
	}
}

// Where the kernel does not tell, swaps become slow, and none is left out.
func TestUnknownWritersAreSlowedDown(t *testing.T) {
	p := newProgram(t, program{})
	for n, want := range []time.Duration{0, 0, 0, 0, 1000 * ms, 2000 * ms, 4000 * ms, 8000 * ms, MaxDelay, MaxDelay} {
		if p.change("types.ts", 100*ms, ByProgram); p.swaps != n+1 || p.longest != want {
			t.Errorf("change %d: %d swaps, the slowest after %v, want %v", n+1, p.swaps, p.longest, want)
		}
	}
	// A change at another time is no part of that, nor is another file.
	p.longest = 0
	p.change("app.ts", 100*ms, Unknown)
	p.change("types.ts", time.Minute, Unknown)
	p.change("types.ts", 100*ms, Unknown)
	if p.longest != 0 {
		t.Errorf("a swap after %v", p.longest)
	}
}

func TestOneSwapTakesAllIn(t *testing.T) {
	p := newProgram(t, program{})
	for range free {
		p.change("types.ts", 100*ms, Unknown)
	}
	s := p.starts[:1]
	now := s[0].Began.Add(time.Second)
	v := p.d.Decide(now, p.starts, []Change{{"types.ts", s, Unknown}})
	if len(v.Swap) != 0 || !v.Again.Equal(now.Add(time.Second)) || !slices.Equal(v.Delayed, []string{"types.ts"}) {
		t.Errorf("%+v", v)
	}
	v = p.d.Decide(now.Add(500*ms), p.starts, []Change{{"types.ts", s, Unknown}})
	if len(v.Swap) != 0 || !v.Again.Equal(now.Add(time.Second)) {
		t.Errorf("another change: %+v", v)
	}
	v = p.d.Decide(now.Add(600*ms), p.starts, []Change{{"app.ts", nil, Unknown}})
	if !slices.Equal(v.Swap, []string{"app.ts", "types.ts"}) || !v.Again.IsZero() {
		t.Errorf("%+v", v)
	}
}

func TestWriterOf(t *testing.T) {
	began := time.Unix(1e9, 0)
	program := Start{Number: 1, Began: began}
	build := Start{Build: true, Number: 2, Began: began, Ready: began.Add(5 * time.Second)}
	byProgram, byBuild := Opening{At: began}, Opening{At: began, Build: true}
	for _, c := range []struct {
		what    string
		at      time.Duration
		start   Start
		opening Opening
		watched bool
		want    Writer
	}{
		{"no one has opened it", 0, program, Opening{}, true, Others},
		{"the start is not watched", 0, program, Opening{}, false, Unknown},
		{"the program has just opened it", 100 * ms, program, byProgram, true, ByProgram},
		{"the program opened it a while ago", time.Second, program, byProgram, true, Unknown},
		{"the program opened it while a build ran", 100 * ms, build, byProgram, true, ByProgram},
		{"the build opened it", 4 * time.Second, build, byBuild, true, ByBuild},
		{"an earlier build opened it", 4 * time.Second, build, Opening{At: began.Add(-time.Second), Build: true}, true, Others},
	} {
		if got := WriterOf(began.Add(c.at), []Start{c.start}, c.opening, func(Start) bool { return c.watched }); got != c.want {
			t.Errorf("%s: %d, want %d", c.what, got, c.want)
		}
	}
	if got := WriterOf(began, nil, byBuild, nil); got != Others {
		t.Errorf("after the build: %d", got)
	}
}

func TestAt(t *testing.T) {
	began := time.Unix(1e9, 0)
	serves := Start{Number: 1, Began: began, Ready: began.Add(300 * ms)}
	boots := Start{Number: 2, Began: began}
	build := Start{Build: true, Number: 3, Began: began, Ready: began.Add(300 * ms)}
	runs := Start{Build: true, Number: 4, Began: began}
	for _, c := range []struct {
		s    Start
		at   time.Duration
		want bool
	}{
		{serves, -50 * ms, false}, {serves, -10 * ms, true}, {serves, 0, true}, {serves, 1799 * ms, true}, {serves, 1801 * ms, false},
		{boots, 9 * time.Second, true}, {boots, 11 * time.Second, false},
		{build, -50 * ms, false}, {build, 299 * ms, true}, {build, 301 * ms, false}, {runs, time.Hour, true},
	} {
		if got := At([]Start{c.s}, began.Add(c.at)); (len(got) == 1) != c.want {
			t.Errorf("start %d, %v: %+v", c.s.Number, c.at, got)
		}
	}
}

// Whatever happens, every change that is not known to be the program's own is swapped
// for within MaxDelay.
func FuzzEveryChangeIsSwapped(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 0x40, 0x41, 0x81, 0xc2, 0xff})
	f.Add([]byte("a program that writes at each start, and somebody who saves"))
	f.Fuzz(func(t *testing.T, script []byte) {
		var d Detector
		now := time.Unix(1e9, 0)
		starts := []Start{{Number: 1, Began: now}}
		waiting := map[string]time.Time{}
		take := func(v Verdict) {
			for _, file := range v.Swap {
				delete(waiting, file)
			}
			if len(v.Swap) > 0 {
				starts = slices.Insert(starts, 0, Start{Build: now.UnixNano()%3 == 0, Number: starts[0].Number + 1, Began: now})
			}
			for file, since := range waiting {
				if v.Again.IsZero() || v.Again.Sub(since) > MaxDelay || !v.Again.After(now) {
					t.Fatalf("%s waits since %v, and at %v it is looked at again at %v", file, since, now, v.Again)
				}
			}
		}
		for _, b := range script {
			v := d.Decide(now, starts, nil)
			take(v)
			next := now.Add(time.Duration(b>>4) * 400 * ms)
			for !v.Again.IsZero() && !v.Again.After(next) {
				now = v.Again
				v = d.Decide(now, starts, nil)
				take(v)
			}
			now = next
			c := Change{File: fmt.Sprint("file", b&1), Starts: At(starts, now), Writer: Writer(b >> 1 & 3)}
			if _, ok := waiting[c.File]; !c.Writer.own() && !ok {
				waiting[c.File] = now
			}
			take(d.Decide(now, starts, []Change{c}))
			if b&8 != 0 {
				starts[0].Ready = now
			}
		}
	})
}
