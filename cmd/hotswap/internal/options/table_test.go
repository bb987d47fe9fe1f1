package options

import (
	"flag"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

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
