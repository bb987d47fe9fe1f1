package selfwrite

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// builds is a world whose lives are builds.
func builds(t *testing.T) *world {
	w := newWorld(t, 10*time.Second)
	w.j.Trials = BuildTrials
	return w
}

// Whoever saves a file again and again while long builds run does so within them, in
// any rhythm: the last save is built, and nobody is blamed. One in a thousand who
// hits the same point eight times in a row may be.
func TestSavesDuringBuilds(t *testing.T) {
	const people = 1000
	unlucky := 0
	for seed := range uint64(people) {
		r, w := rand.New(rand.NewPCG(seed, 1)), builds(t)
		saved := w.now
		for range 30 {
			saved = saved.Add(3*time.Second + time.Duration(r.Int64N(int64(9*time.Second))))
			w.write(saved, "a")
		}
		w.at(w.now.Add(2 * time.Minute))
		if w.life.Began.Before(saved) || len(w.echoes) > 0 {
			unlucky++
		}
	}
	if unlucky > people/1000 {
		t.Errorf("%d of %d are taken for their builds", unlucky, people)
	}
}

// What a build writes anew each time, at about the same point, does not build for
// ever; and when that differs more it is slowed down.
func TestStampOfABuild(t *testing.T) {
	w := builds(t)
	w.echo(100, always(2*time.Second), "stamp")
	if w.swaps != free+BuildTrials || !slices.Equal(w.echoes, []string{"stamp"}) {
		t.Errorf("%d builds, named %q", w.swaps, w.echoes)
	}
	w = builds(t)
	r := rand.New(rand.NewPCG(1, 1))
	w.echo(100, func() time.Duration { return time.Duration(r.Int64N(int64(w.boot))) }, "stamp")
	if len(w.echoes)+len(w.slow) == 0 {
		t.Errorf("%d builds, nothing is named", w.swaps)
	}
}

// What is held when the program crashes is not in what replaces it if that is built:
// it counts when that has booted. Else it is, and nothing is left to do.
func TestHeldWhenTheProgramCrashes(t *testing.T) {
	for _, built := range []bool{true, false} {
		w := newWorld(t, 400*time.Millisecond)
		w.j.Built = built
		for range free {
			w.write(w.life.Began.Add(150*time.Millisecond), "a")
		}
		if w.write(w.life.Began.Add(150*time.Millisecond), "a") {
			t.Fatal("it is not held: this test shows nothing")
		}
		swaps := w.swaps
		w.begin() // it crashes
		w.obey(w.j.Due(w.now, w.life))
		w.at(w.now.Add(time.Minute))
		if got := w.swaps > swaps; got != built {
			t.Errorf("built %v: reacted to: %v", built, got)
		}
	}
}
