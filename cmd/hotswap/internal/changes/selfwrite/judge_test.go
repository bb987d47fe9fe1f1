package selfwrite

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// world is a program that is started again for each batch that is reacted to.
type world struct {
	t    *testing.T
	j    Judge
	now  time.Time
	boot time.Duration
	life Life

	watches bool   // the newest generation is watched
	standby bool   // and the next one, that has been begun, will be
	program string // file that only the program writes

	swaps  int
	again  time.Time
	echoes []string
	slow   []string
}

const quiet = 60 * time.Millisecond

func newWorld(t *testing.T, boot time.Duration) *world {
	w := &world{t: t, now: time.Unix(1e9, 0), boot: boot}
	w.begin()
	return w
}

// begin starts the next generation, which has been prepared when this one began.
func (w *world) begin() {
	w.life = Life{Gen: w.life.Gen + 1, Began: w.now}
	w.watches, w.standby = w.standby, w.j.CanWatch && w.j.Suspects()
}

// by is what is known of who has written a file.
func (w *world) by(file string) Writer {
	switch {
	case !w.watches:
		return Unknown
	case file == w.program:
		return Program
	}
	return Others
}

// at moves the time on, past the end of the boot and what is due.
func (w *world) at(t time.Time) {
	t = later(t, w.now)
	for {
		served := w.life.Began.Add(w.boot)
		switch {
		case w.life.Served.IsZero() && !served.After(t) && (w.again.IsZero() || !w.again.Before(served)):
			w.now, w.life.Served = served, served
			w.obey(w.j.Due(w.now, w.life))
		case !w.again.IsZero() && !w.again.After(t):
			w.now = w.again
			w.obey(w.j.Due(w.now, w.life))
		default:
			w.now = t
			return
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (w *world) obey(v Verdict) bool {
	w.again = v.Again
	w.echoes, w.slow = append(w.echoes, v.Echo...), append(w.slow, v.Slow...)
	if len(v.React) == 0 {
		return false
	}
	w.swaps++
	w.begin()
	return true
}

// write lets files change at t and tells whether that was reacted to at once.
func (w *world) write(t time.Time, files ...string) bool {
	w.at(t.Add(quiet))
	var changes []Change
	for _, f := range files {
		changes = append(changes, Change{f, t, w.by(f)})
	}
	return w.obey(w.j.Batch(w.now, w.life, changes))
}

// echo lets the program write files so long after each start, as often as it
// is started, at most n times; it ends when nothing is started any more.
func (w *world) echo(n int, delay func() time.Duration, files ...string) {
	for range n {
		gen := w.life.Gen
		w.write(w.life.Began.Add(delay()), files...)
		w.at(w.now.Add(3 * time.Minute))
		if w.life.Gen == gen {
			return
		}
		w.life = Life{Gen: w.life.Gen, Began: w.now} // as if it had just begun
	}
}

func always(d time.Duration) func() time.Duration { return func() time.Duration { return d } }

func TestEchoIsBroken(t *testing.T) {
	w := newWorld(t, 400*time.Millisecond)
	w.echo(100, always(150*time.Millisecond), "src/types.ts")
	if w.swaps != 4 {
		t.Errorf("%d swaps, want 3 and the experiment", w.swaps)
	}
	if !slices.Equal(w.echoes, []string{"src/types.ts"}) {
		t.Errorf("named: %q", w.echoes)
	}
	// A person's save of the same file, and its echo.
	if !w.write(w.now.Add(time.Minute), "src/types.ts") {
		t.Error("a save outside the window does not count")
	}
	if w.write(w.life.Began.Add(150*time.Millisecond), "src/types.ts") {
		t.Error("the echo of that swap counts")
	}
	// Another file within the window.
	if !w.write(w.life.Began.Add(400*time.Millisecond), "src/app.ts") {
		t.Error("another file's save does not count")
	}
	if len(w.echoes) != 1 {
		t.Errorf("named again: %q", w.echoes)
	}
}

// On a busy machine a write may come in two batches, the second when its swap has
// begun: that is no sign of a person at work.
func TestEchoNoticedLate(t *testing.T) {
	w := newWorld(t, 400*time.Millisecond)
	for range 20 {
		gen := w.life.Gen
		wrote := w.life.Began.Add(150 * time.Millisecond)
		if w.write(wrote, "a") {
			w.obey(w.j.Batch(w.now.Add(100*time.Millisecond), w.life, []Change{{File: "a", At: wrote.Add(5 * time.Millisecond)}}))
		}
		w.at(w.now.Add(3 * time.Minute))
		if w.life.Gen == gen {
			break
		}
		w.life = Life{Gen: w.life.Gen, Began: w.now}
	}
	if w.swaps > 8 || len(w.echoes) != 1 {
		t.Errorf("%d swaps, named %q", w.swaps, w.echoes)
	}
}

// The save comes within the window, after the program's own write: what the
// file is at the end is not what the program made of it.
func TestSaveRightAfterTheEchoCounts(t *testing.T) {
	w := newWorld(t, 400*time.Millisecond)
	w.echo(100, always(150*time.Millisecond), "a")
	swaps := w.swaps
	w.write(w.now.Add(time.Minute), "a")
	w.write(w.life.Began.Add(150*time.Millisecond), "a")
	if w.swaps != swaps+1 {
		t.Fatal("that is the echo")
	}
	if !w.write(w.life.Began.Add(1200*time.Millisecond), "a") {
		t.Error("the last save is lost")
	}
}

func TestEchoOfAProgramThatFails(t *testing.T) {
	w := newWorld(t, time.Hour)
	for range 100 {
		gen := w.life.Gen
		w.life.Ended = w.life.Began.Add(100 * time.Millisecond)
		w.write(w.life.Began.Add(50*time.Millisecond), "a")
		w.at(w.now.Add(time.Minute))
		if w.life.Gen == gen {
			break
		}
		w.life = Life{Gen: w.life.Gen, Began: w.now}
	}
	if w.swaps != 4 || len(w.echoes) != 1 {
		t.Errorf("%d swaps, named %q", w.swaps, w.echoes)
	}
}

// Somebody, or a tool, saves the same file as soon as its new version serves.
func TestSavesAfterTheBootAlwaysCount(t *testing.T) {
	for _, after := range []time.Duration{time.Millisecond, 100 * time.Millisecond, time.Second} {
		w := newWorld(t, 400*time.Millisecond)
		for i := range crowd - 1 {
			if !w.write(w.life.Began.Add(w.boot+after), "a") {
				t.Errorf("%v after it served: save %d does not count", after, i)
			}
		}
	}
}

// Saves every second, longer than a boot takes: by hand or by an editor.
func TestSavesInTimeAlwaysCount(t *testing.T) {
	w := newWorld(t, 700*time.Millisecond)
	saved := w.now
	for i := range crowd - 1 {
		saved = saved.Add(time.Second)
		if !w.write(saved, "a") {
			t.Errorf("save %d does not count", i)
		}
	}
}

// Saves faster than the boot: the fourth is held, the next ends that, and the
// last is taken in, now or when it is due.
func TestNoLastSaveIsLost(t *testing.T) {
	for _, every := range []time.Duration{300 * time.Millisecond, 900 * time.Millisecond, 2 * time.Second, 4 * time.Second} {
		for n := 1; n <= 30; n++ {
			w := newWorld(t, 1500*time.Millisecond)
			saved := w.now
			for range n {
				saved = saved.Add(every)
				w.write(saved, "a")
			}
			w.at(w.now.Add(2 * time.Minute))
			if w.life.Began.Before(saved) {
				t.Errorf("the last of %d saves every %v is lost", n, every)
			}
			if len(w.echoes) > 0 {
				t.Errorf("%d saves every %v are taken for an echo", n, every)
			}
		}
	}
}

// A program that writes right after its boot is slowed down, not stopped.
func TestChangesAfterTheBootAreSlowedDown(t *testing.T) {
	w := newWorld(t, 400*time.Millisecond)
	begun := w.now
	for w.now.Sub(begun) < 10*time.Minute {
		gen := w.life.Gen
		w.write(w.life.Began.Add(w.boot+50*time.Millisecond), "a")
		for w.life.Gen == gen && w.now.Sub(begun) < 10*time.Minute {
			w.at(w.now.Add(100 * time.Millisecond))
		}
	}
	if w.swaps < crowd+5 || w.swaps > crowd+5+10 || !slices.Equal(w.slow, []string{"a"}) || len(w.echoes) > 0 {
		t.Errorf("%d swaps in ten minutes, named %q and %q", w.swaps, w.slow, w.echoes)
	}
}

func TestForgottenEcho(t *testing.T) {
	w := newWorld(t, 400*time.Millisecond)
	w.echo(100, always(150*time.Millisecond), "a")
	for range oblivion + 1 { // the program does not do it any more
		w.write(w.now.Add(time.Minute), "b")
	}
	if !w.write(w.life.Began.Add(150*time.Millisecond), "a") {
		t.Error("a save at that point of the boot does not count, though nothing echoes")
	}
}

// most is what any program that writes during its boot can cause.
const most = enough + 8

// No program that writes during its boot, at whatever points, is started more
// than so often; and a change outside the window always counts.
func FuzzEchoesEnd(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed, uint16(400), uint16(400))
	}
	f.Fuzz(func(t *testing.T, seed uint64, boot, spread uint16) {
		r := rand.New(rand.NewPCG(seed, 1))
		span := time.Duration(min(spread, boot)%9000+1) * time.Millisecond
		w := newWorld(t, time.Duration(boot%9000+1)*time.Millisecond)
		span = min(span, w.boot)
		w.j.CanWatch, w.program = seed%2 == 1, "a"
		w.echo(1000, func() time.Duration { return time.Duration(r.Int64N(int64(span) + 1)) }, "a")
		if w.swaps > most {
			t.Fatalf("%d swaps", w.swaps)
		}
		w.program = "" // a person
		for range 5 {
			if !w.write(w.life.until().Add(time.Duration(1+r.Int64N(int64(time.Hour)))), "a") {
				t.Fatal("a change outside the window does not count")
			}
			w.life.Served = w.life.Began.Add(w.boot)
			w.at(w.life.until())
		}
	})
}
