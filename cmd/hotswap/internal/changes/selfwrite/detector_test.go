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
	d      Detector
	now    time.Time
	starts []Start // newest first
	builds bool    // the starts are builds

	swaps int
}

func newProgram(p program) *program {
	p.now = time.Unix(1e9, 0)
	p.start()
	return &p
}

// start starts the program; it serves after 200 ms.
func (p *program) start() {
	number := len(p.starts) + 1
	p.starts = slices.Insert(p.starts, 0, Start{Build: p.builds, Number: number, Began: p.now, Ready: p.now.Add(200 * ms)})
	p.d.Forget(p.starts)
}

// change has a file change so long after the newest start, for which the program starts anew unless
// the program is known to have written the file.
func (p *program) change(file string, after time.Duration) {
	p.now = p.starts[0].Began.Add(after)
	s := At(p.starts, p.now)
	loops, _ := p.d.Note(Change{file, s, after < Settled})
	if p.now = p.now.Add(60 * ms); !loops {
		p.swaps++
		p.start()
	}
}

// Who saves as soon as the program serves gets a swap for each save, until nobody does that so often. A later save counts.
func TestSavesAtEachStart(t *testing.T) {
	for _, p := range []program{{}, {builds: true}} {
		p := newProgram(p)
		for range 100 {
			p.change("app.ts", 150*ms)
		}
		p.change("app.ts", 4*time.Second)
		if !p.builds && p.swaps != endless {
			t.Errorf("%d swaps for 101 saves", p.swaps)
		}
		was := p.swaps
		p.change("app.ts", 6*time.Second)
		p.change("app.ts", 150*ms)
		if p.swaps != was+2 {
			t.Errorf("%d swaps for 2 saves", p.swaps-was)
		}
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
