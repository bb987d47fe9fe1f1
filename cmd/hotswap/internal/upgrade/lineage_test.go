package upgrade

import "testing"

func TestAwaited(t *testing.T) {
	for name, c := range map[string]struct {
		of   lineage
		want bool
	}{
		"sh -c, supervisord, runsv":            {lineage{pid: 9, parent: 5, starter: 5}, true},
		"a script at a terminal":               {lineage{pid: 9, parent: 5, starter: 5, systemd: true}, true},
		"an interactive shell":                 {lineage{pid: 9, parent: 5, starter: 5, job: true}, false},
		"tini, process 1 with a terminal":      {lineage{pid: 9, parent: 1, starter: 1, job: true}, true},
		"s6, process 1":                        {lineage{pid: 9, parent: 1, starter: 1}, true},
		"the starter has ended":                {lineage{pid: 9, parent: 1, starter: 5}, false},
		"the starter has ended, below systemd": {lineage{pid: 9, parent: 1, starter: 1, systemd: true}, false},
		"… of an ssh that systemd has started": {lineage{pid: 9, parent: 1, starter: 1, systemd: true, managed: "4"}, false},
		"Type=simple":                          {lineage{pid: 9, parent: 1, starter: 1, systemd: true, managed: "9"}, true},
		"Type=notify":                          {lineage{pid: 9, parent: 1, starter: 1, systemd: true, managed: "9", manager: "/run/n"}, false},
		"another manager":                      {lineage{pid: 9, parent: 5, starter: 5, manager: "/run/n"}, false},
		"tini or a script as a service":        {lineage{pid: 9, parent: 5, starter: 5, systemd: true, managed: "5", manager: "/run/n"}, true},
		"adopted by a user's systemd":          {lineage{pid: 9, parent: 5, starter: 5, systemd: true, managed: "4", users: "5"}, false},
		"a user's Type=simple":                 {lineage{pid: 9, parent: 5, starter: 5, systemd: true, managed: "9", users: "5"}, true},
		"a script of a user's service":         {lineage{pid: 9, parent: 6, starter: 6, systemd: true, managed: "6", users: "5"}, true},
		"again, below any":                     {lineage{pid: 9, parent: 1, starter: 5, child: true}, false},
	} {
		if got := c.of.awaited(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
