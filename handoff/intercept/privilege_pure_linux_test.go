package intercept

import "testing"

func TestMayBind(t *testing.T) {
	const all, none = 1<<41 - 1, 0
	const own = "user:[2]"
	for name, c := range map[string]struct {
		port      uint16
		from      int
		effective uint64
		user, own string
		want      bool
	}{
		"a high port":                       {1024, 1024, none, "user:[1]", own, true},
		"a low port, no capability":         {1023, 1024, none, "user:[1]", own, false},
		"all but the capability":            {80, 1024, all &^ (1 << 10), "user:[2]", own, false},
		"the capability":                    {80, 1024, 1 << 10, "user:[2]", own, true},
		"root of a namespace further below": {80, 1024, all, "user:[3]", own, false},
		"nothing can be read":               {80, 1024, all, "", "", false},
		"no port is low (containers)":       {1, 0, none, "user:[1]", own, true},
		"all ports are low":                 {65535, 65536, none, "user:[1]", own, false},
	} {
		if got := mayBind(c.port, c.from, c.effective, c.user, c.own); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
