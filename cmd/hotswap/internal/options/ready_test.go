package options

import (
	"strings"
	"testing"
)

func TestParseReady(t *testing.T) {
	for text, kind := range map[string]ReadyKind{
		"listen": ReadyListen, "notify": ReadyNotify, "start": ReadyStart, "log:^ready: [a-z]+$": ReadyLog,
		"http://127.0.0.1:4000/health?full=1": ReadyHTTP, "https://[::1]:4443": ReadyHTTP,
		"http://localhost":            ReadyHTTP,
		"http://shop.localhost:4000/": ReadyHTTP, "http://0.0.0.0:4000/": ReadyHTTP,
	} {
		r, err := parseReady(text)
		if err != nil || r.Kind != kind || r.Text != text || (r.URL != nil) != (kind == ReadyHTTP) ||
			r.URL != nil && r.URL.String() != text {
			t.Errorf("%s is %+v, %v", text, r, err)
		}
	}
}

func TestParseReadyRefuses(t *testing.T) {
	for text, why := range map[string]string{
		"":                        "give listen",
		"listen:4000":             "give listen",
		"ftp://127.0.0.1/":        "give listen",
		"unix:/run/x.sock":        "give listen",
		"http:4000":               "not a URL",
		"http://":                 "not a URL",
		"http:///health":          "not a URL",
		"http://127.0.0.1:x/":     "not a URL",
		"http://127.0.0.1:0/":     "from 1 to 65535",
		"http://127.0.0.1:70000/": "from 1 to 65535",
		"http://example.org/":     "neither an IP address nor localhost",
	} {
		if r, err := parseReady(text); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q is %+v, %v; want an error with %q", text, r, err, why)
		}
	}
}
