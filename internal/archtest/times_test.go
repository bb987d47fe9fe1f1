package archtest

import (
	"regexp"
	"testing"
)

// namedTimes and adapterTimes limit the names that product code and the adapters have for times: how long something
// waits, lasts or is believed. Each name is one more thing to know, and two that mean the same drift apart: package
// wait has those of several packages.
const namedTimes, adapterTimes = 78, 28

var (
	goTime = regexp.MustCompile(
		`(?m)^(?:const |var |\t)\w+(?: +[\w.]+)? += .*\btime\.(?:Microsecond|Millisecond|Second|Minute|Hour)\b`)
	// The comment of such a line has the unit.
	adapterTime = regexp.MustCompile(`(?m)^(?:const )?[A-Z_]+ = [0-9.]+ +(?://|#) m?s(?:econds)?\b`)
)

func TestNamedTimesAreFew(t *testing.T) {
	count := func(pattern *regexp.Regexp, counts func(file string) bool) (n int) {
		eachFile(t, func(file string) {
			if counts(file) {
				n += len(pattern.FindAll(readFile(t, file), -1))
			}
		})
		return n
	}
	product := count(goTime, func(file string) bool { return kindOf(file) == "product" })
	inAdapters := count(adapterTime, func(file string) bool {
		return regexp.MustCompile(`^(clients|handoff)/.*\.(cjs|py)$`).MatchString(file)
	})
	if product > namedTimes || inAdapters > adapterTimes || product*inAdapters == 0 {
		t.Errorf("%d and %d named times, more than %d and %d: which two mean the same?", product, inAdapters,
			namedTimes, adapterTimes)
	}
}
