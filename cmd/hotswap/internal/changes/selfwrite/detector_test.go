package selfwrite

import (
	"slices"
	"testing"
	"time"
)

const ms = time.Millisecond

// program is a program that is started anew for each swap. It writes its files at each
// start, and people save theirs when it serves.
type program struct {
	d       Detector
	now     time.Time
	starts  []Start // newest first
	watched map[int]bool
	kernel  bool // tells who writes
	standby bool // the next generation has begun before it is needed
	builds  bool // the starts are builds

	swaps int
}

func newProgram(p program) *program {
	p.now, p.watched = time.Unix(1e9, 0), map[int]bool{}
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
	p.d.Forget(p.starts)
}

// change has a file change so long after the newest start, for which the program starts anew unless
// the program is known to have written the file.
func (p *program) change(file string, after time.Duration, by Writer) {
	p.now = p.starts[0].Began.Add(after)
	s := At(p.starts, p.now)
	for _, s := range s {
		if !p.watched[s.Number] {
			by = Unknown
		}
	}
	loops, _ := p.d.Note(Change{file, s, by, after < Settled})
	if p.now = p.now.Add(60 * ms); by < ByProgram && !loops {
		p.swaps++
		p.start()
	}
}

// A program that writes a file at each start is swapped for a few times, then no more.
func TestOwnWritesEnd(t *testing.T) {
	for _, p := range []program{{kernel: true}, {kernel: true, standby: true}, {kernel: true, builds: true}} {
		p := newProgram(p)
		for n := 0; p.swaps == n; n++ {
			p.change("types.ts", 100*ms, ByProgram)
		}
		if p.swaps < 2 || p.swaps > 4 {
			t.Errorf("%d swaps", p.swaps)
		}
		was := p.swaps
		for range 50 { // saves of other files
			p.change("app.ts", 10*time.Second, Others)
			p.change("types.ts", 100*ms, ByProgram)
		}
		if p.swaps != was+50 {
			t.Errorf("%d swaps for 50 saves", p.swaps-was)
		}
	}
}

// A build that writes the same bytes again is no change at every other start.
func TestABuildThatWritesTheSame(t *testing.T) {
	p := newProgram(program{kernel: true, builds: true})
	for range 10 {
		p.change("app.ts", time.Minute, Others) // a save, and its build
		p.change("made.ts", 100*ms, ByProgram)  // perhaps one more build
	}
	if p.swaps != 12 {
		t.Errorf("%d builds for 10 saves, want 12", p.swaps)
	}
}

// Who saves as soon as the program serves gets a swap for each save, until nobody does that so often. A later save counts.
func TestSavesAtEachStart(t *testing.T) {
	for _, p := range []program{{kernel: true}, {kernel: true, standby: true}, {kernel: true, builds: true}} {
		p := newProgram(p)
		for range 100 {
			p.change("app.ts", 150*ms, Others)
		}
		p.change("app.ts", 4*time.Second, Others)
		if !p.builds && p.swaps != endless {
			t.Errorf("%d swaps for 101 saves", p.swaps)
		}
		was := p.swaps
		p.change("app.ts", 6*time.Second, Others)
		p.change("app.ts", 150*ms, Others)
		if p.swaps != was+2 {
			t.Errorf("%d swaps for 2 saves", p.swaps-was)
		}
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
