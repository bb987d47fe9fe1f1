package supervisor

import (
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// accompany is perform with a program beside, which has begun. Files are on their way until settled says otherwise.
func (th *theatre) accompany(t *testing.T, test func(t *testing.T, s *Supervisor, settled *atomic.Bool, told func() []report.Notice)) {
	t.Helper()
	if th.config == nil {
		th.config = func(c *Config) { c.Beside = []report.Beside{{Name: "hotswap.yaml:2", Command: "compile"}} }
	}
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		s.StartBeside(th.settled.Load)
		synctest.Wait()
		test(t, s, &th.settled, told)
	})
}

func TestTheFirstGenerationWaitsForWhatRunsBeside(t *testing.T) {
	th := &theatre{}
	th.accompany(t, func(t *testing.T, s *Supervisor, settled *atomic.Bool, _ func() []report.Notice) {
		time.Sleep(10 * time.Second)
		th.wantNotes(t, "start 101 ahead false") // files of its have changed
		settled.Store(true)
		time.Sleep(firstQuiet + 2*wait.Look)
		synctest.Wait()
		th.wantNotes(t, "start 102 ahead false")
		if st := s.Current(); st.State != report.PhaseServing || len(st.Beside) != 1 || st.Beside[0] != (report.BesideStatus{Command: "compile", PID: 101}) {
			t.Errorf("%+v", st)
		}
	})
}

func TestWhatNeverIsQuietBesideDoesNotKeepTheFirstGenerationAway(t *testing.T) {
	th := &theatre{}
	th.accompany(t, func(t *testing.T, s *Supervisor, _ *atomic.Bool, _ func() []report.Notice) {
		time.Sleep(wait.Command + firstQuiet)
		synctest.Wait()
		if st := s.Current(); st.State != report.PhaseServing {
			t.Errorf("%+v", st)
		}
	})
}

func TestWhatRunsBesideIsStartedAgain(t *testing.T) {
	th := &theatre{}
	th.accompany(t, func(t *testing.T, s *Supervisor, settled *atomic.Bool, told func() []report.Notice) {
		settled.Store(true)
		time.Sleep(time.Second)
		var pauses []string
		beside := func() *actor { return th.actors[s.Current().Beside[0].PID-101] }
		for i := range 9 {
			told()
			beside().end(report.Exit{Code: i % 2}) // also a clean end is none that was asked for
			synctest.Wait()
			for _, n := range told() {
				if b, ok := n.(report.NoticeBeside); ok && b.End != nil {
					pauses = append(pauses, b.In.String())
				}
			}
			time.Sleep(10 * time.Second)
			synctest.Wait()
		}
		if got := strings.Join(pauses, " "); got != "0s 250ms 500ms 1s 2s 4s 8s 10s 10s" {
			t.Errorf("pauses %s", got)
		}
		time.Sleep(time.Minute)
		beside().end(report.Exit{})
		synctest.Wait()
		if b := s.Current().Beside[0]; b.Restarts != 10 || b.PID != th.last().pid {
			t.Errorf("after a long life: %+v", b)
		}
	})
}

// A service that says when others can use it keeps the first generation away until then.
func TestTheFirstGenerationWaitsForAServiceBeside(t *testing.T) {
	th := &theatre{config: func(c *Config) {
		c.Beside = []report.Beside{{Name: "hotswap.yaml:2", Command: "db", Ready: regexp.MustCompile("^accepts"), Service: true}}
	}}
	th.accompany(t, func(t *testing.T, s *Supervisor, settled *atomic.Bool, _ func() []report.Notice) {
		settled.Store(true)
		th.prints("boots")
		time.Sleep(10 * time.Second)
		th.wantNotes(t, "start 101 ahead false")
		th.prints("accepts clients")
		time.Sleep(firstQuiet + 2*wait.Look)
		synctest.Wait()
		th.wantNotes(t, "start 102 ahead false")
		if s.BesideHolds()(time.Now()) {
			t.Error("files wait for a service that is in use")
		}
		began := time.Now()
		if s.BesideRests(t.Context()); time.Since(began) > 0 {
			t.Error("a wait for the newest save waits for a service")
		}
	})
}

// A compiler beside that has failed keeps the first generation away, and what it has written from becoming a swap, until
// it has succeeded. Each failure is told, and its end.
func TestACompilerBesideThatFails(t *testing.T) {
	th := &theatre{}
	th.accompany(t, func(t *testing.T, s *Supervisor, settled *atomic.Bool, told func() []report.Notice) {
		settled.Store(true)
		prints := func(lines ...string) (failures []report.NoticeBuildFailed, mended int) {
			told()
			for _, line := range lines {
				th.prints(line)
			}
			synctest.Wait()
			for _, n := range told() {
				switch n := n.(type) {
				case report.NoticeBuildFailed:
					failures = append(failures, n)
				case report.NoticeBuilt:
					mended++
				}
			}
			return failures, mended
		}
		const where = "src/a.ts(1,7): error TS2322: Type 'string' is not assignable to type 'number'."
		f, _ := prints("Starting compilation in watch mode...", "", where, "", "Found 1 error. Watching for file changes.")
		if len(f) != 1 || !strings.HasPrefix(f[0].Failure.Post.Quote, where[:60]) || f[0].Next.Kind != report.NextWait || f[0].Failure.Step.Command != "compile" {
			t.Errorf("%+v", f)
		}
		th.noted()
		time.Sleep(2 * wait.Command)
		th.wantNotes(t, "")
		if b := s.Current().Beside[0]; !b.Failed {
			t.Errorf("%+v", b)
		}
		if !s.BesideHolds()(time.Now()) {
			t.Error("what it writes does not wait")
		}
		if f, mended := prints("Found 0 errors. Watching for file changes."); len(f) > 0 || mended != 1 {
			t.Errorf("%+v, mended %d times", f, mended)
		}
		time.Sleep(firstQuiet + 2*wait.Look)
		synctest.Wait()
		th.wantNotes(t, "start 102 ahead false")
		if _, mended := prints("Found 0 errors. Watching for file changes."); mended != 0 {
			t.Error("what had not failed was told to be mended")
		}
		if f, _ := prints("Found 2 errors. Watching for file changes."); len(f) != 1 || f[0].Next != (report.Next{Kind: report.NextKeeps, Gen: 1}) {
			t.Errorf("%+v", f)
		}
		prints("Found 0 errors. Watching for file changes.")
	})
}

// What a compiler has written waits until its run has ended; of one that does not say when a run begins, for two seconds.
func TestWhatACompilerWritesWaitsForItsWord(t *testing.T) {
	th := &theatre{}
	th.accompany(t, func(t *testing.T, s *Supervisor, _ *atomic.Bool, _ func() []report.Notice) {
		const begins, done = "File change detected. Starting incremental compilation...", "Found 0 errors. Watching for file changes."
		written := time.Now()
		waits := func(want bool) {
			t.Helper()
			synctest.Wait()
			if s.BesideHolds()(written) != want {
				t.Errorf("%s after it was written: waits %v", time.Since(written), !want)
			}
		}
		waits(false) // a program that has said nothing is no compiler
		th.prints(done)
		time.Sleep(time.Second)
		written = time.Now()
		waits(true)
		th.prints(begins)
		time.Sleep(2 * wait.Command)
		waits(true)
		th.prints(done)
		waits(false)
		written = time.Now().Add(time.Nanosecond)
		time.Sleep(time.Second)
		waits(true)
		time.Sleep(2 * time.Second)
		waits(false) // nobody says anything: a person has written it
		th.prints(begins)
		waits(true)
		th.actors[0].end(report.Exit{}) // and nobody will say how the run has ended
		time.Sleep(time.Second)
		waits(false)
		written = time.Now().Add(time.Hour)
		waits(false) // by another clock
	})
}

// A wait for the newest save waits until compilers beside have noticed it and have done.
func TestCompilersBesideRest(t *testing.T) {
	th := &theatre{}
	th.accompany(t, func(t *testing.T, s *Supervisor, settled *atomic.Bool, _ func() []report.Notice) {
		rests := func() time.Duration {
			began := time.Now()
			s.BesideRests(t.Context())
			return time.Since(began)
		}
		if took := rests(); took > 0 {
			t.Errorf("for a program that is no compiler, %s", took)
		}
		th.prints("Starting compilation in watch mode...")
		time.AfterFunc(5*time.Second, func() { th.prints("Found 0 errors. Watching for file changes.") })
		if took := rests(); took < 5*time.Second || took > 6*time.Second {
			t.Errorf("after %s", took)
		}
	})
}
