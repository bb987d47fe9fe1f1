package livereload

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func TestHello(t *testing.T) {
	for message, want := range map[string]bool{
		`{"command":"hello","protocols":["http://livereload.com/protocols/official-6","http://livereload.com/protocols/official-7"],"ver":"4.0.2"}`: true,
		`{"command":"hello","protocols":["http://livereload.com/protocols/official-6"]}`:                                                            false,
		`{"command":"info","protocols":["http://livereload.com/protocols/official-7"]}`:                                                             false,
		`{"command":"hello"}`: false,
		`[]`:                  false,
		``:                    false,
	} {
		if err := parseHello([]byte(message)); (err == nil) != want {
			t.Errorf("%s: %v", message, err)
		}
	}
}

func TestInfo(t *testing.T) {
	for message, want := range map[string]info{
		`{"command":"info","plugins":{"hotswap":{"age":1234.5,"after":"hotswap/x","version":"1.0"},"less":{}},"url":"http://localhost/"}`: {age: 1234500 * time.Microsecond, after: "hotswap/x", known: true},
		`{"command":"info","plugins":{"hotswap":{}}}`:             {known: true},
		`{"command":"info","plugins":{"hotswap":{"age":-1}}}`:     {known: true},
		`{"command":"info","plugins":{"hotswap":{"age":1e300}}}`:  {age: longestAge, known: true},
		`{"command":"info","plugins":{"less":{}},"url":"about:"}`: {},
		`{"command":"url","url":"http://localhost/"}`:             {},
	} {
		if got, err := parseMessage([]byte(message)); err != nil || got != want {
			t.Errorf("%s: %+v, %v", message, got, err)
		}
	}
	for _, message := range []string{``, `{}`, `[]`, `{"command":7}`, `{"command":"info","plugins":{"hotswap":{"age":"1"}}}`, `{"command":"info","plugins":{"hotswap":{"age":1e999}}}`} {
		if _, err := parseMessage([]byte(message)); err == nil {
			t.Errorf("%s is taken", message)
		}
	}
}

func FuzzMessages(f *testing.F) {
	f.Add([]byte(`{"command":"hello","protocols":["http://livereload.com/protocols/official-7"]}`))
	f.Add([]byte(`{"command":"info","plugins":{"hotswap":{"age":1.5,"after":"x"}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		_ = parseHello(b)
		i, err := parseMessage(b)
		if i.age < 0 || i.age > longestAge || err != nil && i != (info{}) || !i.known && i != (info{}) {
			t.Fatalf("%+v, %v", i, err)
		}
	})
}

func TestWhoMayConnect(t *testing.T) {
	for origin, want := range map[string]bool{
		"": true, "http://localhost:4000": true, "https://localhost": true, "http://LOCALHOST.:80": true, "http://app.localhost:4000": true,
		"http://shop.test": true, "http://127.0.0.1:4000": true, "http://127.1.2.3": true, "http://[::1]:4000": true, "http://[::ffff:127.0.0.1]": true,
		"chrome-extension://abcdef": true, "moz-extension://0-1": true, "safari-web-extension://0-1": true,
		"null": false, "file://": false, "http://example.com": false, "http://localhost.example.com": false, "http://127.0.0.1.example.com": false,
		"http://notlocalhost": false, "http://192.168.0.1:4000": false, "http://[::]": false, "http://": false, "http://%": false, "localhost": false,
		"extension://x": false, "ftp://localhost": false,
	} {
		if got := trusted(origin); got != want {
			t.Errorf("%q: %v", origin, got)
		}
	}
}

func TestWhosePagesAre(t *testing.T) {
	at := func(network, address string) report.EndpointStatus {
		return report.EndpointStatus{Network: network, Address: address}
	}
	debugger := at("tcp4", "127.0.0.1:9229")
	debugger.Debugger = true
	program := []report.EndpointStatus{
		at("tcp4", "127.0.0.1:4000"), at("tcp6", "[::]:80"), at("tcp4", "0.0.0.0:443"), at("tcp6", "[::1]:5000"), at("udp4", "127.0.0.1:6000"), at("unix", "/a"), debugger,
	}
	for origin, want := range map[string]bool{
		"http://localhost:4000": true, "http://127.0.0.1:4000": true, "http://[::ffff:127.0.0.1]:4000": true, "http://app.localhost:4000": true, "https://localhost:4000": true,
		"http://shop.test": true, "https://127.0.0.2": true, "http://[::1]:5000": true, "http://localhost:5000": true,
		"http://127.0.0.2:4000": false, "http://[::1]:4000": false, "http://localhost:4001": false, "http://localhost:6000": false, "http://localhost:9229": false,
		"": false, "null": false, "chrome-extension://abc": false, "http://%": false,
	} {
		if got := serves(program, origin); got != want {
			t.Errorf("%q: %v", origin, got)
		}
	}
	if serves(nil, "http://localhost:4000") {
		t.Error("a program that serves nowhere has a page")
	}
}
