package ui

import (
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func TestURL(t *testing.T) {
	at := func(addresses ...string) (all []report.EndpointStatus) {
		for _, a := range addresses {
			if strings.HasPrefix(a, "/") {
				all = append(all, report.EndpointStatus{Network: "unix", Address: a})
				continue
			}
			all = append(all, report.EndpointStatus{Network: "tcp", Address: a, Debugger: a == "127.0.0.1:9229"})
		}
		return all
	}
	for name, c := range map[string]struct {
		port int
		all  []report.EndpointStatus
		want string
	}{
		"nothing":    {0, nil, ""},
		"a debugger": {0, at("127.0.0.1:9229"), ""},
		"the first that is served": {0, at("127.0.0.1:9229", "[::]:3000", "127.0.0.1:3001"),
			"http://localhost:3000"},
		"an address of the machine's": {0, at("[fe80::1%eth0]:80"), "http://[fe80::1]:80"},
		"another loopback address":    {4000, at("[::]:3000", "127.0.0.2:4000"), "http://127.0.0.2:4000"},
		"only ::1":                    {0, at("[::1]:4000"), "http://[::1]:4000"},
		"both":                        {0, at("[::1]:4000", "127.0.0.1:4000"), "http://localhost:4000"},
		"not served yet":              {4000, nil, "http://localhost:4000"},
		"a path alone":                {0, at("/run/a.sock", "/run/b.sock"), "unix:/run/a.sock"},
		"a path and a port":           {0, at("/run/a.sock", "127.0.0.1:3000"), "http://localhost:3000"},
		"its port":                    {4000, at("127.0.0.1:3000", "0.0.0.0:4000"), "http://localhost:4000"},
		"the program has another":     {4000, at("127.0.0.1:5173"), "http://localhost:5173"},
	} {
		if got := URL(report.Status{Port: c.port, Endpoints: c.all}); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestNamed(t *testing.T) {
	for dir, want := range map[string]string{
		"/w/Fix_login (2)":               "http://fix-login-2.localhost:4000",
		"/w/" + strings.Repeat("a-", 40): "http://" + strings.Repeat("a-", 31) + "a.localhost:4000",
		"/w/..":                          "", "/": "",
	} {
		if got, err := Named("http://localhost:4000", dir); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v; want %q", dir, got, err, want)
		}
	}
	if got, err := Named("http://[::1]:4000", "/w"); got != "http://w.localhost:4000" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := Named("http://127.0.0.2:80", "/w"); err == nil {
		t.Errorf("%q", got)
	}
}
