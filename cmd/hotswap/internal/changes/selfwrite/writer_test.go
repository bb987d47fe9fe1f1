package selfwrite

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// pace is a time between the two, another one each time.
func pace(r *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(r.Int64N(int64(high-low)+1))
}

// An editor that saves while somebody types, as fast as generations start or
// faster, is never taken for the program: each save counts at once.
func TestAutosavesAreNeverHeld(t *testing.T) {
	for _, boot := range []time.Duration{20 * time.Millisecond, 100 * time.Millisecond, 400 * time.Millisecond, 1500 * time.Millisecond, 5 * time.Second} {
		for name, every := range map[string][2]time.Duration{
			"at any pace": {400 * time.Millisecond, 1500 * time.Millisecond},
			"fast":        {120 * time.Millisecond, 300 * time.Millisecond},
			"by a clock":  {time.Second, time.Second},
		} {
			t.Run(fmt.Sprintf("%s, boots of %v", name, boot), func(t *testing.T) {
				r := rand.New(rand.NewPCG(uint64(boot), 1))
				w := newWorld(t, boot)
				w.j.CanWatch = true
				saved := w.now
				for i := range throng - 1 {
					saved = saved.Add(pace(r, every[0], every[1]))
					if !w.write(saved, "a") {
						t.Fatalf("save %d does not count at once", i)
					}
				}
				if len(w.echoes)+len(w.slow) > 0 {
					t.Errorf("named: %q, %q", w.echoes, w.slow)
				}
			})
		}
	}
}

// A program that writes while it boots, by whatever rule, is named after three
// swaps and an experiment; a person's save of the same file counts, and so does
// what the program writes later: it may be a compiler.
func TestWatchedProgramIsNamed(t *testing.T) {
	for _, boot := range []time.Duration{20 * time.Millisecond, 400 * time.Millisecond, 3 * time.Second} {
		for name, low := range map[string]time.Duration{"at one point": boot, "anywhere": 0} {
			t.Run(fmt.Sprintf("boots of %v, %s", boot, name), func(t *testing.T) {
				r := rand.New(rand.NewPCG(uint64(boot), uint64(low)))
				w := newWorld(t, boot)
				w.j.CanWatch, w.program = true, "a"
				w.echo(100, func() time.Duration { return pace(r, low, boot) }, "a")
				if w.swaps > free+2 || !slices.Equal(w.echoes, []string{"a"}) {
					t.Fatalf("%d swaps, named %q", w.swaps, w.echoes)
				}
				for range 2 {
					w.program = ""
					if !w.write(w.life.Began.Add(boot/2), "a") {
						t.Error("a person's save of the file does not count")
					}
					w.program = "a"
					if w.write(w.life.Began.Add(boot/2), "a") {
						t.Error("the program's write counts")
					}
				}
				if !w.write(w.now.Add(time.Minute), "a") {
					t.Error("what the program writes later does not count")
				}
			})
		}
	}
}

// One that writes when it serves already is slowed down. If it writes while that is
// so, it is a compiler of somebody who types: the last version of all is served.
func TestWatchedProgramIsSlowedDown(t *testing.T) {
	w := newWorld(t, 400*time.Millisecond)
	w.j.CanWatch, w.program = true, "a"
	for range uneven + 3 {
		w.write(w.life.Began.Add(w.boot+300*time.Millisecond), "a")
		w.at(w.now.Add(3 * time.Minute))
		w.life = Life{Gen: w.life.Gen, Began: w.now}
	}
	if !slices.Equal(w.slow, []string{"a"}) || len(w.echoes) > 0 {
		t.Errorf("named %q and %q", w.slow, w.echoes)
	}
	for _, every := range []time.Duration{300 * time.Millisecond, 900 * time.Millisecond} {
		for n := 1; n <= 30; n++ {
			w := newWorld(t, 400*time.Millisecond)
			w.j.CanWatch, w.program = true, "dist/index.js"
			saved := w.now
			for range n {
				saved = saved.Add(every)
				w.write(saved, "dist/index.js")
			}
			w.at(w.now.Add(2 * time.Minute))
			if w.life.Began.Before(saved) {
				t.Errorf("the last of %d compilations every %v is lost", n, every)
			}
		}
	}
}

// Somebody types while the program writes another file at each start.
func TestAutosavesAndAProgramThatWrites(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	w := newWorld(t, 100*time.Millisecond)
	w.j.CanWatch, w.program = true, "types.ts"
	saved, swaps := w.now, 0
	for i := range 60 {
		saved = later(saved.Add(pace(r, 400*time.Millisecond, 1500*time.Millisecond)), w.now)
		if !w.write(saved, "app.ts") {
			t.Fatalf("save %d does not count at once", i)
		}
		swaps++
		for w.write(w.life.Began.Add(30*time.Millisecond), "types.ts") {
		}
	}
	if w.swaps > swaps+free+1 {
		t.Errorf("%d swaps for %d saves", w.swaps, swaps)
	}
	// When nobody types any more it is known what goes on.
	w.at(w.now.Add(time.Minute))
	w.life = Life{Gen: w.life.Gen, Began: w.now}
	w.echo(free+3, always(30*time.Millisecond), "types.ts")
	if !slices.Equal(w.echoes, []string{"types.ts"}) {
		t.Errorf("named %q", w.echoes)
	}
}

// A tool that is not below hotswap, and writes whenever the program has started,
// is slowed down in the end.
func TestToolThatWaitsForEachStart(t *testing.T) {
	w := newWorld(t, 100*time.Millisecond)
	w.j.CanWatch = true
	for range throng + 5 {
		w.write(w.life.Began.Add(w.boot+100*time.Millisecond), "a")
		w.at(w.now.Add(3 * time.Minute))
		w.life = Life{Gen: w.life.Gen, Began: w.now}
	}
	if !slices.Equal(w.slow, []string{"a"}) || len(w.echoes) > 0 {
		t.Errorf("named %q and %q", w.slow, w.echoes)
	}
}

// Where it never becomes known who writes, although it should, all is as if it
// could not.
func TestNobodyTellsWhoWrites(t *testing.T) {
	w := newWorld(t, 400*time.Millisecond)
	w.j.CanWatch = true
	for range 100 {
		gen := w.life.Gen
		w.watches = false
		w.write(w.life.Began.Add(150*time.Millisecond), "a")
		w.at(w.now.Add(3 * time.Minute))
		if w.life.Gen == gen {
			break
		}
		w.life = Life{Gen: w.life.Gen, Began: w.now}
	}
	if w.swaps != patient+1 || !slices.Equal(w.echoes, []string{"a"}) {
		t.Errorf("%d swaps, named %q", w.swaps, w.echoes)
	}
}
