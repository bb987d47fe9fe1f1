package builds

import (
	"slices"
	"testing"
	"time"
)

// site is a project in which builds run and files are written.
type site struct {
	t       *testing.T
	b       Book
	now     time.Time
	written map[string]time.Time
}

func newSite(t *testing.T) *site {
	return &site{t: t, now: time.Unix(1e9, 0), written: map[string]time.Time{}}
}

// write writes files; those that differ come as a batch, as the watcher has it.
func (s *site) write(files ...string) []Change {
	var changes []Change
	for _, f := range files {
		s.written[f] = s.now
		changes = append(changes, Change{File: f, At: s.now})
	}
	s.later(100 * time.Millisecond)
	return changes
}

func (s *site) later(d time.Duration) { s.now = s.now.Add(d) }

func (s *site) sift(changes []Change) (now, own, learned []string) {
	n, o, learned := s.b.Sift(s.now.Add(-500*time.Millisecond), changes, func(f string) time.Time { return s.written[f] })
	return names(n), names(o), learned
}

func names(changes []Change) (out []string) {
	for _, c := range changes {
		out = append(out, c.File)
	}
	return out
}

// build is a build that writes files without a difference, and those that differ.
func (s *site) build(same, differ []string) (now, own, learned []string) {
	s.b.Began(s.now)
	s.later(time.Second)
	s.write(same...)
	changes := s.write(differ...)
	s.b.Ended(s.now, true)
	s.later(time.Second)
	if len(changes) == 0 {
		return nil, nil, nil
	}
	return s.sift(changes)
}

func (s *site) want(what string, got, want []string) {
	s.t.Helper()
	if !slices.Equal(got, want) {
		s.t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestWhatIsSavedDuringABuildCounts(t *testing.T) {
	s := newSite(t)
	for range 10 { // by one who saves the same file again and again
		s.b.Began(s.now)
		s.later(time.Second)
		now, own, _ := s.sift(s.write("a.go"))
		s.want("now", now, []string{"a.go"})
		s.want("own", own, nil)
		s.b.Ended(s.now, false)
	}
	s.build(nil, nil)
	now, _, _ := s.sift(s.write("a.go"))
	s.want("after it", now, []string{"a.go"})
}

func TestWhatIsOnlyLoadedIsTheBuilds(t *testing.T) {
	s := newSite(t)
	s.b.Began(s.now)
	change := []Change{{File: "dist/a.js", At: s.now, Loaded: true}}
	_, own, _ := s.sift(change)
	s.want("own", own, []string{"dist/a.js"})
	s.later(time.Second)
	s.b.Ended(s.now, true)
	s.later(time.Second)
	_, own, _ = s.sift(change)
	s.want("own, noticed late", own, []string{"dist/a.js"})
	change[0].At = s.now
	now, _, _ := s.sift(change)
	s.want("now, by somebody else", now, []string{"dist/a.js"})
}

func TestWhatBuildsWriteIsLearned(t *testing.T) {
	s := newSite(t)
	gen := []string{"gen.go"}
	for round := range 2 {
		now, _, _ := s.build(nil, gen) // for a save of another file
		s.want("now", now, gen)
		s.build(gen, nil) // for gen.go
		if now, _, _ = s.sift(s.write("a.go")); len(now) != 1 || now[0] != "a.go" {
			t.Errorf("round %d: %v", round, now)
		}
	}
	now, own, learned := s.build(nil, gen)
	s.want("now", now, nil)
	s.want("own", own, gen)
	s.want("learned", learned, gen)
	s.sift(s.write("a.go"))
	_, own, learned = s.build(nil, gen)
	s.want("own", own, gen)
	s.want("told again", learned, nil)
	// A build that does not write it, and somebody who does.
	s.sift(s.write("a.go"))
	s.build(nil, nil)
	s.sift(s.write("a.go"))
	now, _, _ = s.build(nil, gen)
	s.want("forgotten", now, gen)
}

func TestWhatOthersWriteIsForgotten(t *testing.T) {
	s := newSite(t)
	gen := []string{"gen.go"}
	for range 2 {
		s.build(nil, gen)
		s.build(gen, nil)
		s.sift(s.write("a.go"))
	}
	now, _, _ := s.sift(s.write("gen.go")) // by hand, while nothing builds
	s.want("now", now, gen)
	now, _, _ = s.build(nil, gen)
	s.want("now", now, gen)
}

// A save is none of the work of the build that begins for it, however short the quiet
// time is.
func TestSaveRightBeforeABuild(t *testing.T) {
	s := newSite(t)
	for range 5 {
		s.b.Began(s.now)
		s.later(time.Second)
		s.written["a.go"] = s.now
		now, _, _ := s.sift([]Change{{File: "a.go", At: s.now}})
		s.want("now", now, []string{"a.go"})
		s.later(coarse / 4)
		s.b.Ended(s.now, false)
		s.build(nil, nil)
		s.sift(s.write("b.go"))
	}
}

func TestOldBuildsAreForgotten(t *testing.T) {
	s := newSite(t)
	first := s.now
	for range history + 5 {
		s.build(nil, nil)
	}
	if len(s.b.windows) != history || s.b.During(first) || !s.b.During(s.now.Add(-1500*time.Millisecond)) {
		t.Errorf("%d builds", len(s.b.windows))
	}
}

// What a build has just written has come in no batch yet, whatever comes of it.
func TestWhatHasNotSettled(t *testing.T) {
	s := newSite(t)
	gen := []string{"gen.go"}
	for range 10 {
		s.build(nil, gen)
		s.b.Began(s.now)
		s.later(time.Second)
		changes := s.write("gen.go") // it differs again
		s.b.Ended(s.now, true)
		s.later(10 * time.Millisecond)
		s.sift([]Change{{File: "a.go", At: s.now}}) // of which people are told first
		s.later(time.Second)
		now, _, _ := s.sift(changes)
		s.want("now", now, gen)
	}
}
