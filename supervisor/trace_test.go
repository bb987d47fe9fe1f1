package supervisor

import (
	"bytes"
	"os"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// docs/design.md shows the trace of a save, a crash and a rollback, with a remark after each line.
func TestTraceInDocs(t *testing.T) {
	page := string(testkit.Must(os.ReadFile("../docs/design.md"))(t))
	var shown []string
	for _, block := range regexp.MustCompile("(?s)```trace\n(.*?)```").FindAllStringSubmatch(page, -1) {
		shown = append(shown, regexp.MustCompile(" +# .*").ReplaceAllString(block[1], ""))
	}
	th, trace := &theatre{}, bytes.Buffer{}
	th.environ = func() (Environment, error) {
		time.Sleep(40 * time.Millisecond)
		return Environment{}, nil
	}
	th.config = func(cfg *Config) {
		cfg.Warmer, cfg.Trace, cfg.Policy.Probation = nil, &trace, 2*time.Second
		cfg.Drainer = func(run.DrainSpec) run.Drain {
			return reportsAt(map[time.Duration]report.DrainReport{
				0: {Connections: 1, Busy: 1, Retired: true}, 300 * time.Millisecond: {Idle: true, Retired: true},
			})
		}
	}
	th.perform(t, func(t *testing.T, s *Supervisor, _ func() []report.Notice) {
		time.Sleep(time.Second)
		crash := func() { th.last().end(report.Exit{Code: 1}) }
		save := func() { s.Batch(Change{Files: []string{"a.ts"}}) }
		crashInProbation := func() {
			save()
			time.Sleep(time.Second)
			synctest.Wait()
			trace.Reset()
			crash()
		}
		for i, happens := range []func(){save, crash, crashInProbation} {
			synctest.Wait()
			trace.Reset()
			happens()
			time.Sleep(time.Minute)
			synctest.Wait() // the loop has written all
			if got := trace.String(); i >= len(shown) || got != shown[i] {
				t.Errorf("trace %d is\n%s", i, got)
			}
		}
	})
}
