package upgrade

import "testing"

func TestAwaited(t *testing.T) {
	for name, c := range map[string]struct {
		of   lineage
		want bool
	}{
		"sh -c, supervisord, runsv":       {lineage{pid: 9, parent: 5, starter: 5}, true},
		"an interactive shell":            {lineage{pid: 9, parent: 5, starter: 5, job: true}, false},
		"tini, process 1 with a terminal": {lineage{pid: 9, parent: 1, starter: 1, job: true}, true},
		"s6, process 1":                   {lineage{pid: 9, parent: 1, starter: 1}, true},
		"the starter has ended":           {lineage{pid: 9, parent: 1, starter: 5}, false},
		"Type=simple":                     {lineage{pid: 9, parent: 1, starter: 1, managed: "9"}, true},
		"Type=notify": {lineage{pid: 9, parent: 1, starter: 1, managed: "9", manager: "/run/n"},
			false},
		"another manager": {lineage{pid: 9, parent: 5, starter: 5, manager: "/run/n"}, false},
		"tini or a script as a service": {lineage{pid: 9, parent: 5, starter: 5, managed: "5", manager: "/run/n"},
			true},
		"again, below any": {lineage{pid: 9, parent: 1, starter: 5, child: true}, false},
	} {
		if got := c.of.awaited(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
