package handoff

import (
	"errors"
	"testing"
)

func TestParseEndpoint(t *testing.T) {
	for in, want := range map[string]string{
		"4000":                "tcp6 [::]:4000",
		":4000":               "tcp6 [::]:4000",
		"0.0.0.0:4000":        "tcp4 0.0.0.0:4000",
		"127.0.0.1:80":        "tcp4 127.0.0.1:80",
		"[::1]:80":            "tcp6 [::1]:80",
		"localhost:80":        "tcp4 127.0.0.1:80",
		"[::ffff:10.0.0.1]:1": "tcp4 10.0.0.1:1",
	} {
		e, err := ParseEndpoint(in)
		if err != nil || e.String() != want {
			t.Errorf("%q: %v %v, want %s", in, e, err, want)
		}
	}
	for _, in := range []string{"", "x", ":", ":0", ":65536", "1.2.3.4", "::1:80", "example.com:80",
		"tcp4:127.0.0.1:80", "*:80", "[::1:80", "[]:80", "[*]:80", "[localhost]:80"} {
		if e, err := ParseEndpoint(in); !errors.Is(err, ErrEndpoint) {
			t.Errorf("%q: %v %v, want an error", in, e, err)
		}
	}
}

func FuzzParseEndpoint(f *testing.F) {
	for _, s := range []string{"4000", "127.0.0.1:1", "[::1]:9", ":1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := ParseEndpoint(s)
		if err != nil {
			return
		}
		again, err := ParseEndpoint(e.Addr.String())
		if err != nil || again != e {
			t.Errorf("%q is %v, which reads as %v, %v", s, e, again, err)
		}
	})
}

func TestMoved(t *testing.T) {
	at := func(s string) Endpoint {
		e, _ := ParseEndpoint(s)
		return e
	}
	one, all, both, other := at("127.0.0.1:4000"), at("0.0.0.0:4000"), at("4000"), at("127.0.0.1:4001")
	udp := one
	udp.Network = "udp4"
	for _, c := range []struct {
		from, to Endpoint
		want     bool
	}{
		{one, all, true}, {one, both, true}, {all, both, true}, {at("[::1]:4000"), both, true}, {all, one, false},
		{both, all, false}, {one, one, false},
		{one, other, false}, {one, at("[::1]:4000"), false}, {udp, all, false},
	} {
		if got := Moved([]Endpoint{c.from}, []Endpoint{c.to}); got != c.want {
			t.Errorf("%v hides %v: %v", c.from, c.to, got)
		}
	}
	if Moved([]Endpoint{one}, []Endpoint{all, one}) {
		t.Error("both are served")
	}
}

func TestIsNode(t *testing.T) {
	for name, want := range map[string]bool{
		"node": true, "nodejs": true, "node-22": true, "node22": true, "nodejs20": true, "node-v22.1.0": true,
		"node-18.20": true, "node (deleted)": true,
		"node_exporter": false, "nodemon": false, "node-": false, "node-gyp": false, "bun": false, "deno": false,
		"":       false,
		"mynode": false, "node.js": false, "node-22-alpine": false, "nodeos": false,
	} {
		if IsNode(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}
