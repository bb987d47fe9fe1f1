package direct

import (
	"slices"
	"strings"
	"testing"
)

func TestEnvironment(t *testing.T) {
	given := "PATH=/bin HOTSWAP_GENERATION=1 HOTSWAP_WIRE=/tmp/one/socket NODE_OPTIONS=--x PORT=4000"
	now := "PATH=/bin HOTSWAP_GENERATION=7 HOTSWAP_WIRE=/tmp/two/socket NODE_OPTIONS=--x PORT=4000 HOTSWAP_HOLD=/tmp/hold"
	for _, c := range []struct {
		name, began, then, now string
		want, why              string
	}{
		{"what a launcher sets stays, and what hotswap sets is new", given, given + " A=1 npm_lifecycle_event=dev", now,
			now + " A=1 npm_lifecycle_event=dev", ""},
		{"a launcher sets what hotswap gives", given, strings.Replace(given, "--x", "--x,--y", 1), now,
			strings.Replace(now, "--x", "--x,--y", 1), ""},
		{"a launcher takes hotswap's variable away", given, strings.Replace(given, "HOTSWAP_WIRE=/tmp/one/socket ", "",
			1), now,
			strings.Replace(now, "HOTSWAP_WIRE=/tmp/two/socket ", "", 1), ""},
		{"the old standby's folder is gone", given + " HOTSWAP_HOLD=/tmp/old", given + " HOTSWAP_HOLD=/tmp/old B=2",
			strings.Replace(now, " HOTSWAP_HOLD=/tmp/hold", "", 1),
			strings.Replace(now, " HOTSWAP_HOLD=/tmp/hold", "", 1) + " B=2", ""},
		{"hotswap's environment has changed", given, given, strings.Replace(now, "PORT=4000", "PORT=5000", 1), "",
			"PORT has changed"},
		{"a variable has come", given, given, now + " NEW=1", "", "NEW has changed"},
		{"a variable has gone", given + " OLD=1", given + " OLD=1", now, "", "OLD has changed"},
		{"a launcher sets hotswap's variable", given, strings.Replace(given, "one", "own", 1), now, "",
			"sets the variable HOTSWAP_WIRE"},
		{"it was written over", given, given + " title", now, "", "not what it was"},
		{"a variable twice", given, given + " A=1 A=2", now, "", "not what it was"},
	} {
		got, err := environment(strings.Fields(c.began), strings.Fields(c.then), strings.Fields(c.now))
		want := strings.Fields(c.want)
		slices.Sort(got)
		slices.Sort(want)
		switch {
		case c.why != "" && (err == nil || !strings.Contains(err.Error(), c.why)):
			t.Errorf("%s: %v, want %q", c.name, err, c.why)
		case c.why == "" && (err != nil || !slices.Equal(got, want)):
			t.Errorf("%s: %v, %q, want %q", c.name, err, got, want)
		}
	}
}
