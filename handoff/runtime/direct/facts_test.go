package direct

import (
	"maps"
	"strings"
	"testing"
)

func TestDiffers(t *testing.T) {
	one := func(change func(*facts)) facts {
		f := facts{owner: "Uid: 1", umask: "0022", limits: "a", session: "5", group: "6", files: map[int]string{0: "/dev/null", 1: "pipe:[1]", 2: "pipe:[2]", 3: "anon_inode:[eventpoll]"}}
		change(&f)
		return f
	}
	same := one(func(*facts) {})
	with := func(n int, to string) facts {
		return one(func(f *facts) { f.files = maps.Clone(f.files); f.files[n] = to })
	}
	for why, c := range map[string]struct{ keeper, first, program, above facts }{
		"":                  {same, same, with(9, "socket:[9]"), with(8, "socket:[8]")},
		"another user":      {same, one(func(f *facts) { f.owner = "Uid: 0" }), same, same},
		"umask":             {same, same, one(func(f *facts) { f.umask = "0077" }), same},
		"limits":            {same, same, one(func(f *facts) { f.limits = "b" }), same},
		"process group":     {same, same, one(func(f *facts) { f.group = "9" }), same},
		"descriptor 1 of":   {same, same, with(1, "/p/log"), same},
		"has descriptor 20": {same, same, with(3, "pipe:[9]"), with(20, "pipe:[9]")},
		"has descriptor 21": {same, same, with(3, "/p/lock"), with(21, "/p/lock")},
	} {
		err := differs(c.keeper, c.first, c.program, []facts{c.above})
		if why == "" && err != nil || why != "" && (err == nil || !strings.Contains(err.Error(), why)) {
			t.Errorf("%q: %v", why, err)
		}
	}
}
