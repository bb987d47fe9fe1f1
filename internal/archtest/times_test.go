package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// namedTimes and adapterTimes limit the names that product code and the adapters have for times: how long something waits,
// lasts or is believed. Each name is one more thing to know, and two that mean the same drift apart: package wait has
// those of several packages.
const namedTimes, adapterTimes = 78, 28

var (
	goTime      = regexp.MustCompile(`(?m)^(?:const |var |\t)\w+(?: +[\w.]+)? += .*\btime\.(?:Microsecond|Millisecond|Second|Minute|Hour)\b`)
	adapterTime = regexp.MustCompile(`(?m)^(?:const )?[A-Z_]+ = [0-9.]+ +(?://|#) m?s(?:econds)?\b`) // whose comment has the unit
)

func TestNamedTimesAreFew(t *testing.T) {
	count := func(pattern *regexp.Regexp, counts func(file string) bool) (n int) {
		testkit.NoError(t, filepath.WalkDir("../..", func(path string, d os.DirEntry, err error) error {
			if err == nil && d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
				return filepath.SkipDir
			}
			if file := strings.TrimPrefix(path, "../../"); err == nil && !d.IsDir() && counts(file) {
				n += len(pattern.FindAll(testkit.Must(os.ReadFile(path))(t), -1))
			}
			return err
		}))
		return n
	}
	product := count(goTime, func(file string) bool { return kindOf(file) == "product" })
	inAdapters := count(adapterTime, func(file string) bool {
		return regexp.MustCompile(`^(clients|handoff)/.*\.(cjs|py)$`).MatchString(file)
	})
	if product > namedTimes || inAdapters > adapterTimes || product*inAdapters == 0 {
		t.Errorf("%d and %d named times, more than %d and %d: which two mean the same?", product, inAdapters, namedTimes, adapterTimes)
	}
}
