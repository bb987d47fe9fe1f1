//go:build unix

package standby

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// says has the processes that wait at w say these lines, and returns a context that ends where
// nothing more would come.
func says(t *testing.T, w *Standby, lines ...string) context.Context {
	t.Helper()
	t.Cleanup(func() { w.Close() })
	testkit.Must(w.up.WriteString(strings.Join(lines, "\n") + "\n"))(t)
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	if last := lines[len(lines)-1]; !strings.Contains(last, "ready") && !strings.Contains(last, "ended") &&
		!strings.Contains(last, "foreign") {
		cancel()
	}
	return ctx
}

// spec is what a standby of these packages is made by.
func (s *shelf) spec(k *Knowledge, packages ...Package) Spec {
	return Spec{
		Variable: "HOLD", Plan: []byte("plan"), Files: FileStates{}, Settings: func() FileStates { return nil },
		Choice: k.Choose(packages, s.question()),
	}
}

// rehearsal is spec for a rehearsal.
func (s *shelf) rehearsal(k *Knowledge, packages ...Package) Spec {
	spec, q := s.spec(k, packages...), s.question()
	q.Rehearse = true
	spec.Choice = k.Choose(packages, q)
	return spec
}

// A rehearsal shows what a standby may load. The standby depends on what its packages have read.
func TestRehearsalAndStandby(t *testing.T) {
	s, k, in := newShelf(t), Remember("", ""), scratch.In(t.TempDir())
	a, loud, conf := s.pack("a", ""), s.pack("loud", ""), filepath.Join(s.dir, "conf")
	for i, lines := range [][]string{
		{`{"type":"noticed","package":"loud","what":"prints"}`, `{"type":"ready"}`},
		{fmt.Sprintf(`{"type":"read","package":"a","file":%q}`, conf), `{"type":"ready"}`},
	} {
		l := &handoff.Launch{}
		r, err := k.Prepare(l, in, s.rehearsal(k, a, loud))
		if err != nil || l.Env[0] != "HOLD="+r.dir {
			t.Fatal(err, l.Env)
		}
		r.seen.began = r.seen.began.Add(1 << 40)
		err = r.Ready(says(t, r, lines...))
		if again := r.Learn(err); err != nil || again != (i == 0) {
			t.Errorf("rehearsal %d: %v, again %t", i, err, again)
		}
	}
	standby := func(lines ...string) (*Standby, error) {
		st := testkit.Must(k.Prepare(&handoff.Launch{}, in, s.spec(k, a, loud)))(t)
		return st, st.Ready(says(t, st, lines...))
	}
	st, err := standby(`{"type":"ready"}`)
	if n, left := st.Loaded(); errors.Join(err, st.Validate()) != nil || n != 1 ||
		!slices.Equal(left, []string{"loud prints"}) {
		t.Errorf("%v, %v, %d loaded, left %q", err, st.Validate(), n, left)
	}
	early, err := standby(`{"type":"loading","package":"a"}`)
	if err == nil || early.Validate() == nil {
		t.Errorf("it does not wait yet: %v", err)
	}
	testkit.NoError(t, os.WriteFile(conf, nil, 0o600))
	if st.Validate() == nil {
		t.Error("a file that a package looked for has appeared, and the standby is not stale")
	}
	_ = os.Remove(conf)
	// What a package does all the same makes the standby useless, and is known from then on.
	_, err = standby(`{"type":"noticed","package":"a","what":"runs code of the project"}`, `{"type":"ended"}`)
	if err == nil || !strings.Contains(err.Error(), "loaded ahead, a runs code") {
		t.Errorf("it ran code of the project: %v", err)
	}
	if got := ahead(k, []Package{a, loud}, s.question()); len(got) > 0 {
		t.Errorf("ahead %q", got)
	}
}

// A process that would run code of the project is no standby, as long as nothing changes.
func TestForeign(t *testing.T) {
	s, k, in := newShelf(t), Remember("", ""), scratch.In(t.TempDir())
	manifest := filepath.Join(s.dir, "package.json")
	spec := func() Spec {
		spec := s.spec(k)
		spec.Files.Take(manifest)
		return spec
	}
	st, err := k.Prepare(&handoff.Launch{}, in, spec())
	testkit.NoError(t, err)
	if err := st.Ready(says(t, st, `{"type":"foreign","what":"nest"}`)); !errors.As(err, new(handoff.Never)) ||
		!strings.Contains(err.Error(), "nest would run before the program") {
		t.Errorf("%v", err)
	}
	if _, err := k.Prepare(&handoff.Launch{}, in, spec()); !errors.As(err, new(handoff.Never)) {
		t.Errorf("a second time: %v", err)
	}
	testkit.NoError(t, os.WriteFile(manifest, nil, 0o600))
	st, err = k.Prepare(&handoff.Launch{}, in, spec())
	if err != nil {
		t.Fatalf("the manifest has changed: %v", err)
	}
	st.Close()
}

// A rehearsal that ends before its time blames the package that was being loaded.
func TestRehearsalFails(t *testing.T) {
	s, k, in := newShelf(t), Remember("", ""), scratch.In(t.TempDir())
	a, crash := s.pack("a", ""), s.pack("crash", "")
	r := testkit.Must(k.Prepare(&handoff.Launch{}, in, s.rehearsal(k, a, crash)))(t)
	defer r.Close()
	for range 2 * maxFailures {
		if r.Learn(os.ErrDeadlineExceeded) {
			t.Error("a busy machine is tried again at once")
		}
	}
	if c := k.Choose([]Package{a, crash}, s.question()); len(c.Left) > 0 {
		t.Errorf("on a busy machine nothing was loaded, and yet: %+v", c)
	}
	r.seen.add(message{Type: "loading", Package: "a"})
	r.seen.add(message{Type: "loading", Package: "crash"})
	if !r.Learn(errors.New("it ended before its time")) {
		t.Error("there is no other rehearsal")
	}
	if c := k.Choose([]Package{a, crash}, s.question()); c.Left["crash"] != "it ended before its time" ||
		!c.Unknown["a"] {
		t.Errorf("%+v", c)
	}
}

// What does not fit is no result: what was left out of it would count as nothing done.
func TestRehearsalThatSaysTooMuch(t *testing.T) {
	s, k, in := newShelf(t), Remember("", ""), scratch.In(t.TempDir())
	r := testkit.Must(k.Prepare(&handoff.Launch{}, in, s.rehearsal(k, s.pack("a", ""))))(t)
	defer r.Close()
	r.seen.facts = maxFacts
	if err := r.Ready(says(t, r, `{"type":"ready"}`)); err == nil {
		t.Error("it has come to its end")
	}
}

// A file that changes during the rehearsal may have been read in either state.
func TestFilesThatChangeMeanwhile(t *testing.T) {
	s, k, in := newShelf(t), Remember("", ""), scratch.In(t.TempDir())
	a := s.pack("a", "")
	r := testkit.Must(k.Prepare(&handoff.Launch{}, in, s.rehearsal(k, a)))(t)
	r.seen.began = r.seen.began.Add(-1 << 40)
	if err := r.Ready(says(t, r, `{"type":"ready"}`)); err != nil || !r.Learn(nil) {
		t.Errorf("%v, and there is no other rehearsal", err)
	}
	if got := ahead(k, []Package{a}, s.question()); len(got) > 0 {
		t.Errorf("ahead %q", got)
	}
}

// What the processes say is bounded.
func TestWhatIsObservedIsBounded(t *testing.T) {
	o := newObserved()
	for i := range 2 * maxFacts {
		o.add(message{Type: "read", Package: "a", File: fmt.Sprint("/", i)})
	}
	if n := len(o.of("a").Read); n > maxFacts || o.did["a"] != "reads many files" {
		t.Errorf("%d files, %q", n, o.did["a"])
	}
}
