package options

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A script may have an option already that people add once more.
func TestLastValueCounts(t *testing.T) {
	var o Options
	set := flagSet(t, &o)
	testkit.NoError(t, set.Parse([]string{"--log", "xml", "--log", "json", "--watch", "a", "-w", "b", "--ready-timeout",
		"1s", "--ready-timeout", "2s"}))
	if err := o.Read(File{}); err != nil || !o.JSON || len(o.Watch) != 2 || o.ReadyTimeout != 2*time.Second {
		t.Errorf("%v, %+v", err, o)
	}
}

// flagSet returns what reads the command line into o.
func flagSet(t *testing.T, o *Options) *flag.FlagSet {
	set := flag.NewFlagSet("", flag.ContinueOnError)
	for _, f := range o.Flags() {
		testkit.NoError(t, f.Apply(set))
	}
	return set
}

// Each option stands in a page.
func TestOptionsInDocs(t *testing.T) {
	var pages string
	for _, page := range testkit.Must(filepath.Glob("../../../../docs/*.md"))(t) {
		pages += string(testkit.Must(os.ReadFile(page))(t))
	}
	for _, option := range (&Options{}).table() {
		if !regexp.MustCompile(`--` + option.Name + `\b`).MatchString(pages) {
			t.Errorf("no page of docs tells of --%s", option.Name)
		}
	}
}
