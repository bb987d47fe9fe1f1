//go:build linux

package e2e

import (
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// A single-writer database in a process of its own: its clients overlap, so the old one
// answers until the new one does, and no row is lost. The way beside it, stop first, is
// measured in the same terms.
func TestSavesBesideADatabaseServer(t *testing.T) {
	t.Parallel()
	dir := project(t, "pglite")
	serveDatabase(t, dir)
	took, l := notesThrough(t, dir, nil, "dev:shared")
	for _, s := range took {
		if s.old == 0 {
			t.Errorf("version %s: the old one answered nobody during the boot", s.version)
		}
	}
	if len(l.notes) == 0 {
		t.Error("nothing was written")
	}
}

// BenchmarkSavesOfADatabase compares a database in the program (stop first) with one beside
// it, in one run.
func BenchmarkSavesOfADatabase(b *testing.B) {
	for name, c := range map[string]struct {
		args   []string
		script string
	}{"in the program": {[]string{"--strategy", "stop-first"}, "dev"}, "beside it": {nil, "dev:shared"}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				dir := project(b, "pglite")
				if c.args == nil {
					serveDatabase(b, dir)
				}
				took, _ := notesThrough(b, dir, c.args, c.script)
				var shown, waits []time.Duration
				waited := 0
				for _, s := range took {
					shown, waits, waited = append(shown, s.took), append(waits, s.longest), waited+s.waited
				}
				b.ReportMetric(float64(median(shown).Milliseconds()), "ms-until-shown")
				b.ReportMetric(float64(waited)/float64(len(took)), "requests-waiting/save")
				b.ReportMetric(float64(slices.Max(waits).Milliseconds()), "ms-longest-wait")
			}
		})
	}
}

// serveDatabase runs the Procfile's other line until the test ends.
func serveDatabase(t testing.TB, dir string) {
	t.Helper()
	cmd := exec.Command("npm", "run", "db")
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	})
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("unix", filepath.Join(dir, ".s.PGSQL.5432")); err == nil {
			c.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatal("the database does not listen")
		}
	}
}

// shown is what a save has cost.
type shown struct {
	version string
	took    time.Duration // until the first answer of what was saved
	old     int           // requests that began in the second half of that time, and the version before answered
	waited  int           // requests under way during the boot that took longer than a quarter of a second
	longest time.Duration // of those
}

// notesThrough saves the program of notes under load, and demands that no request and no
// note is lost.
func notesThrough(t testing.TB, dir string, args []string, script string) (out []shown, l *notebook) {
	t.Helper()
	port := freePort(t)
	h := start(t, options{
		dir: dir, env: []string{"PORT=" + port, "PGUSER=postgres"},
		args: append([]string{"--ignore", "data/**"}, args...), command: []string{"npm", "run", script},
	})
	h.serving(1)
	l = newNotebook()
	tr := beginWith(t, load.Config{Targets: []string{"127.0.0.1:" + port}, Kinds: writers(), Checks: l.Checks, Timeout: patience})
	tr.answers("1", 100)
	last := 4
	if full() {
		last = 11
	}
	saved := map[string]time.Time{}
	for v := 2; v <= last; v++ {
		version := strconv.Itoa(v)
		saved[version] = time.Now()
		save(t, filepath.Join(dir, "src", "version.ts"), v)
		h.serving(v)
		tr.answers(version, 100)
		h.drained(v - 1)
	}
	tr.end()
	l.kept(t, port)
	for v := 2; v <= last; v++ {
		s := shown{version: strconv.Itoa(v)}
		at := saved[s.version]
		first := time.Time{}
		for _, a := range l.replies {
			if a.version == s.version && (first.IsZero() || a.to.Before(first)) {
				first = a.to
			}
		}
		s.took = first.Sub(at)
		for _, a := range l.replies {
			if a.from.After(at.Add(s.took/2)) && a.version == strconv.Itoa(v-1) {
				s.old++
			}
			if took := a.to.Sub(a.from); a.to.After(at) && a.from.Before(first) && took > 250*time.Millisecond {
				s.waited++
				s.longest = max(s.longest, took)
			}
		}
		t.Logf("version %s: shown after %v; in the second half of that the old one answered %d requests; %d waited, at most %v", s.version, s.took, s.old, s.waited, s.longest)
		out = append(out, s)
	}
	return out, l
}
