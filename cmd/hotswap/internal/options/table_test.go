package options

import (
	"flag"
	"regexp"
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

// Who reads the help for the first time sees what to type: the form of each value, and what counts without the option.
func TestHelpTellsFormsAndDefaults(t *testing.T) {
	counts := regexp.MustCompile(`^(DURATION|COUNT|SIGNAL|WHEN|[a-z|-]+)$`)
	form := regexp.MustCompile(`^([A-Z]+|[a-z-]+)([|:]([A-Z]+|[a-z-]+))*$`)
	for _, f := range new(Options).Flags() {
		o := f.(*option)
		text := strings.Join(strings.Fields(o.String()), " ")
		if o.takes.boolean != (o.shows == "") || o.shows != "" && !form.MatchString(o.shows) {
			t.Errorf("--%s: the form of its value is %q", o.name, o.shows)
		}
		if counts.MatchString(o.shows) && !strings.Contains(text, "default") {
			t.Errorf("--%s: what counts without it? %s", o.name, text)
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
