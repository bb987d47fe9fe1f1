package console

import "testing"

func TestWhatIsRelayed(t *testing.T) {
	screen := fact{open: true, terminal: true, file: identity{1, 2, 34816}}
	other := fact{open: true, terminal: true, file: identity{1, 3, 34817}}
	file := fact{open: true, file: identity{5, 6, 0}}
	pipe := fact{open: true, file: identity{7, 8, 0}}
	for _, c := range []struct {
		name     string
		out, err fact
		want     plan
	}{
		{"a terminal", screen, screen, plan{ptyed, ptyed, true}},
		{"2>&1 | tee", pipe, pipe, plan{piped, piped, true}},
		{"| less", pipe, screen, plan{piped, ptyed, false}},
		{"2> log", screen, file, plan{ptyed, piped, false}},
		{"two terminals", other, screen, plan{ptyed, ptyed, false}},
		{"closed", fact{}, fact{}, plan{}},
		{"error closed", screen, fact{}, plan{ptyed, direct, false}},
		{"output closed", fact{}, screen, plan{direct, ptyed, false}},
	} {
		if got := decide(c.out, c.err); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}
