package options

import (
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func TestHelpFitsATerminal(t *testing.T) {
	for _, f := range new(Options).Flags() {
		for line := range strings.Lines(f.String()) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 80 {
				t.Errorf("%d columns: %s", n, line)
			}
		}
		if line := f.(*option).Brief(); len([]rune(line)) > 80 {
			t.Errorf("more than 80 columns: %s", line)
		}
	}
}

// A script may have an option already that people add once more.
func TestLastValueCounts(t *testing.T) {
	var o Options
	set := flagSet(t, &o)
	testkit.NoError(t, set.Parse([]string{"--log", "xml", "--log", "json", "--watch", "a", "-w", "b", "--ready-timeout", "1s", "--ready-timeout", "2s"}))
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
