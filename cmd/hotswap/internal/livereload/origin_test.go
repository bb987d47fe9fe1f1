package livereload

import (
	"testing"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func TestWhoMayConnect(t *testing.T) {
	for origin, want := range map[string]bool{
		"": true, "http://localhost:4000": true, "https://localhost": true, "http://LOCALHOST.:80": true,
		"http://app.localhost:4000": true,
		"http://shop.test":          true, "http://127.0.0.1:4000": true, "http://127.1.2.3": true,
		"http://[::1]:4000":         true,
		"http://[::ffff:127.0.0.1]": true,
		"null":                      false, "file://": false, "http://example.com": false,
		"http://localhost.example.com": false,
		"http://127.0.0.1.example.com": false,
		"http://notlocalhost":          false, "http://192.168.0.1:4000": false, "http://[::]": false, "http://": false,
		"http://%": false, "localhost": false,
		"chrome-extension://abcdef": false, "ftp://localhost": false,
	} {
		for host, own := range map[string]bool{"localhost:35729": true, "127.0.0.1:35729": true, "[::1]:35729": true,
			"localhost": true, "example.com:35729": false, "": false} {
			for _, mode := range []string{"", "cors", "no-cors"} {
				if got, want := trusted(host, origin, mode), want && own && (origin != "" || mode == ""); got != want {
					t.Errorf("%q at %q, mode %q: %v", origin, host, mode, got)
				}
			}
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
		at("tcp4", "127.0.0.1:4000"), at("tcp6", "[::]:80"), at("tcp4", "0.0.0.0:443"), at("tcp6", "[::1]:5000"),
		at("udp4", "127.0.0.1:6000"), at("unix", "/a"), debugger,
	}
	for origin, want := range map[string]bool{
		"http://localhost:4000": true, "http://127.0.0.1:4000": true, "http://[::ffff:127.0.0.1]:4000": true,
		"http://app.localhost:4000": true, "https://localhost:4000": true,
		"http://shop.test": true, "https://127.0.0.2": true, "http://[::1]:5000": true, "http://localhost:5000": true,
		"http://127.0.0.2:4000": false, "http://[::1]:4000": false, "http://localhost:4001": false,
		"http://localhost:6000": false, "http://localhost:9229": false,
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
