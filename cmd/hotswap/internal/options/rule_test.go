package options

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
)

func TestParseOn(t *testing.T) {
	for text, want := range map[string]rule.Rule{
		"src/**=make":          {Where: "--on", Change: []string{"src/**"}, Run: "make"},
		" a/{b,c} = X=1 make ": {Where: "--on", Change: []string{"a/{b,c}"}, Run: "X=1 make"},
	} {
		if got, err := parseOn(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "make", "=make", "a=", " = ", "[=make"} {
		if got, err := parseOn(text); err == nil {
			t.Errorf("%q is taken for %+v", text, got)
		}
	}
}

// What a file gives counts where neither the command line nor the environment gives it. Rules
// of the three add up, in the order in which they run.
func TestOrderOfSources(t *testing.T) {
	t.Setenv("HOTSWAP_PROBATION", "5s")
	t.Setenv("HOTSWAP_ON", "c=on")
	var o Options
	set := flagSet(t, &o)
	if err := set.Parse([]string{"--ignore", "line", "--build", "line"}); err != nil {
		t.Fatal(err)
	}
	file := File{
		Rules: []rule.Rule{{Run: "file", Change: []string{"a"}}},
		Values: map[string][]Given{
			"ignore": {{"", "file"}, {"", "two"}}, "probation": {{"", "6s"}}, "env-file": {{"", "x"}, {"", "y"}},
			"build": {{"", "built"}}, "verbose": {{"", "true"}},
		},
	}
	if err := o.Read(file); err != nil {
		t.Fatal(err)
	}
	var runs []string
	for _, r := range o.Rules {
		runs = append(runs, r.Run)
	}
	if !slices.Equal(o.Ignore, []string{"line"}) || o.Probation != 5*time.Second || !slices.Equal(o.EnvFile, []string{"x", "y"}) || !o.Verbose {
		t.Errorf("%+v", o)
	}
	if want := []string{"file", "on", "built", "line"}; !slices.Equal(runs, want) {
		t.Errorf("%q, want %q", runs, want)
	}
}
