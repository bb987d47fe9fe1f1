package intercept

import "testing"

func TestMayBind(t *testing.T) {
	const all, none = 1<<41 - 1, 0
	owners := []string{"user:[2]", "user:[1]"}
	for name, c := range map[string]struct {
		port uint16
		p    privilege
		want bool
	}{
		"a high port":                       {1024, privilege{1024, none, "user:[1]", owners}, true},
		"a low port, no capability":         {1023, privilege{1024, none, "user:[1]", owners}, false},
		"all but the capability":            {80, privilege{1024, all &^ (1 << 10), "user:[2]", owners}, false},
		"the capability":                    {80, privilege{1024, 1 << 10, "user:[2]", owners}, true},
		"the capability further above":      {80, privilege{1024, all, "user:[1]", owners}, true},
		"root of a namespace further below": {80, privilege{1024, all, "user:[3]", owners}, false},
		"namespace cannot be read":          {80, privilege{1024, all, "", owners}, false},
		"owner is out of our sight":         {80, privilege{1024, all, "user:[1]", nil}, false},
		"no port is low (containers)":       {1, privilege{0, none, "user:[1]", owners}, true},
		"all ports are low":                 {65535, privilege{65536, none, "user:[1]", owners}, false},
	} {
		if got := c.p.mayBind(c.port); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
