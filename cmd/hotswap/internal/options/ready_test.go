package options

import (
	"strings"
	"testing"
)

func TestParseReady(t *testing.T) {
	for _, c := range []struct {
		text string
		kind ReadyKind
		url  string
	}{
		{text: "listen", kind: ReadyListen},
		{text: "notify", kind: ReadyNotify},
		{text: "start", kind: ReadyStart},
		{text: "log:^ready: [a-z]+$", kind: ReadyLog},
		{text: "http://127.0.0.1:4000/health?full=1", kind: ReadyHTTP, url: "http://127.0.0.1:4000/health?full=1"},
		{text: "https://[::1]:4443", kind: ReadyHTTP, url: "https://[::1]:4443"},
		{text: "http://localhost", kind: ReadyHTTP, url: "http://localhost"},
		{text: "http://shop.localhost:4000/", kind: ReadyHTTP, url: "http://shop.localhost:4000/"},
		{text: "http://0.0.0.0:4000/", kind: ReadyHTTP, url: "http://0.0.0.0:4000/"},
	} {
		r, err := parseReady(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		u := ""
		if r.URL != nil {
			u = r.URL.String()
		}
		if r.Kind != c.kind || u != c.url || r.Text != c.text {
			t.Errorf("%s is %+v, URL %s", c.text, r, u)
		}
	}
}

func TestParseReadyRefuses(t *testing.T) {
	for text, why := range map[string]string{
		"":                        "give listen",
		"soon":                    "give listen",
		"listen:4000":             "give listen",
		"ftp://127.0.0.1/":        "give listen",
		"log:":                    "give a pattern",
		"log:a[":                  "not a pattern: missing closing ]: \"[\"",
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
