package options

import (
	"slices"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// What a file gives counts where neither the command line nor the environment gives it. Rules
// of both add up, in the order in which they run.
func TestOrderOfSources(t *testing.T) {
	t.Setenv("HOTSWAP_PROBATION", "5s")
	var o Options
	set := flagSet(t, &o)
	testkit.NoError(t, set.Parse([]string{"--ignore", "line", "--build", "line"}))
	file := File{
		Rules: []rule.Rule{{Run: "file", Change: []string{"a"}}},
		Values: map[string][]Given{
			"ignore": {{"", "file"}, {"", "two"}}, "probation": {{"", "6s"}}, "env-file": {{"", "x"}, {"", "y"}},
			"build": {{"", "built"}}, "verbose": {{"", "true"}},
		},
	}
	testkit.NoError(t, o.Read(file))
	var runs []string
	for _, r := range o.Rules {
		runs = append(runs, r.Run)
	}
	if !slices.Equal(o.Ignore, []string{"line"}) || o.Probation != 5*time.Second ||
		!slices.Equal(o.EnvFile, []string{"x", "y"}) || !o.Verbose {
		t.Errorf("%+v", o)
	}
	if want := []string{"file", "built", "line"}; !slices.Equal(runs, want) {
		t.Errorf("%q, want %q", runs, want)
	}
}
