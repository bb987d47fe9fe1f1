package exclusive

import (
	"slices"
	"testing"
)

func TestDecide(t *testing.T) {
	one, other := lock{1, "5", "/p/a.db"}, lock{1, "5", "/p/b.db"}
	times := func(n int, f facts) []facts { return slices.Repeat([]facts{f}, n) }
	kept := facts{locks: []lock{one}}
	for name, c := range map[string]struct {
		looks []facts
		want  Resource // the zero value: nothing is known
	}{
		"no look": {nil, Resource{}},
		"nothing": {times(2*enough, facts{}), Resource{}},
		"a database": {times(1, facts{databases: []string{"/p/y", "/p/x"}}),
			Resource{Kind: Database, Name: "/p/x"}},
		"a database that was closed": {[]facts{{databases: []string{"/p/x"}}, {}}, Resource{}},
		"a database and a lock": {times(enough, facts{databases: []string{"/p/x"}, locks: []lock{one}}),
			Resource{Kind: Database, Name: "/p/x"}},
		"a lock":                       {times(enough, kept), Resource{Kind: Lock, Name: "/p/a.db"}},
		"a lock since one look before": {times(enough-1, kept), Resource{}},
		"a lock taken late": {append(times(enough, facts{}), times(enough, kept)...),
			Resource{Kind: Lock, Name: "/p/a.db"}},
		"a lock let go once": {slices.Concat(times(enough/2, kept), times(1, facts{}), times(enough/2, kept)),
			Resource{}},
		"a lock let go at last": {append(times(enough, kept), facts{}), Resource{}},
		"two locks in turn": {slices.Repeat([]facts{{locks: []lock{one}}, {locks: []lock{other}}}, enough),
			Resource{}},
		"a lock elsewhere": {times(enough, facts{locks: []lock{{path: "/q/a"}, {path: "/pp/a"}}}),
			Resource{}},
		"a lock among others": {append(times(1, facts{locks: []lock{other, one}}),
			times(enough-1, facts{locks: []lock{one, {2, "5", "/p/b.db"}}})...),
			Resource{Kind: Lock, Name: "/p/a.db"}},
	} {
		if got := decide("/p", c.looks); got != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestLocksOf(t *testing.T) {
	const head = "pos:\t0\nflags:\t0100002\nmnt_id:\t29\nino:\t7\n"
	for lines, want := range map[string][]int{
		"": nil,
		"lock:\t1: FLOCK  ADVISORY  WRITE 20692 fe:00:10158273 0 EOF\n":                                 {20692},
		"lock:\t1: POSIX  ADVISORY  WRITE 7 fe:00:7 1073741826 1073742335\n":                            {7},
		"lock:\t1: OFDLCK ADVISORY  WRITE -1 fe:00:7 0 EOF\n":                                           {-1},
		"lock:\t1: POSIX  ADVISORY  READ 7 fe:00:7 128 128\n":                                           nil,
		"lock:\t1: LEASE  ACTIVE    WRITE 7 fe:00:7 0 EOF\n":                                            nil,
		"lock:\t1: POSIX  ADVISORY  READ 7 a:0:7 1 1\nlock:\t2: FLOCK  ADVISORY  WRITE 8 a:0:7 0 EOF\n": {8},
		"lock:\t1: FLOCK\n": nil,
	} {
		if got := locksOf(head + lines); !slices.Equal(got, want) {
			t.Errorf("%q: %v, not %v", lines, got, want)
		}
	}
}

// Programs write much, so no words may cost more than a search for text.
func TestTaken(t *testing.T) {
	all := locked
	for _, one := range taken {
		all = append(all, one.words)
	}
	for _, words := range all {
		if text, _ := words().LiteralPrefix(); len(text) < len("the name ") {
			t.Errorf("%s begins with %q", words(), text)
		}
	}
}
