package console

import (
	"regexp"
	"testing"
)

func TestWhatIsRelayed(t *testing.T) {
	screen := fact{open: true, terminal: true, file: identity{1, 2, 34816}}
	other := fact{open: true, terminal: true, file: identity{1, 3, 34817}}
	file := fact{open: true, file: identity{5, 6, 0}}
	pipe := fact{open: true, file: identity{7, 8, 0}}
	ready := Config{Ready: regexp.MustCompile("x")}
	for _, c := range []struct {
		name     string
		out, err fact
		journal  string
		cfg      Config
		want     plan
	}{
		{"a terminal", screen, screen, "", Config{}, plan{ptyed, ptyed, true}},
		{"2>&1 | tee", pipe, pipe, "", Config{}, plan{piped, piped, true}},
		{"| less", pipe, screen, "", Config{}, plan{direct, ptyed, false}},
		{"2> log", screen, file, "", Config{}, plan{direct, piped, false}},
		{"two terminals", other, screen, "", Config{}, plan{direct, ptyed, false}},
		{"closed", fact{}, fact{}, "", Config{}, plan{}},
		{"error closed", screen, fact{}, "", Config{}, plan{}},
		{"output closed", fact{}, screen, "", Config{}, plan{direct, ptyed, false}},
		{"the journal", pipe, pipe, "7:8", Config{}, plan{}},
		{"another journal", pipe, pipe, "7:9", Config{}, plan{piped, piped, true}},
		{"the journal as error", file, pipe, "7:8", Config{}, plan{}},
		{"the journal, to be read", pipe, pipe, "7:8", ready, plan{piped, piped, true}},
		{"| less, to be read", pipe, screen, "", ready, plan{piped, ptyed, false}},
		{"two terminals, to be read", other, screen, "", ready, plan{ptyed, ptyed, false}},
		{"error closed, to be read", file, fact{}, "", ready, plan{piped, direct, false}},
	} {
		kept, err := keep(c.out, c.err, c.journal, c.cfg)
		if no := c.journal == "7:8"; (err != nil) != no {
			t.Errorf("%s: kept back: %v", c.name, err)
		} else if !no && (kept.err != c.want.err || kept.joint != c.want.joint || (kept.out == direct) == c.out.open) {
			t.Errorf("%s: kept back %+v, else %+v", c.name, kept, c.want)
		}
		if got := decide(c.out, c.err, c.journal, c.cfg); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}
