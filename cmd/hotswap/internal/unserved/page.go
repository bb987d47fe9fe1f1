package unserved

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"html/template"
	"net/http"
	"net/netip"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/secret"
	"github.com/hotswap-dev/hotswap/internal/web"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// header is what the page's own request has: which page it is of.
const header = "Hotswap-Unserved"

// mostOutput is how many lines of output the page shows.
const mostOutput = 30

//go:embed page.html
var text string

var page = template.Must(template.New("page").Parse(text))

// failed returns why nothing serves if a page says so; nil: none does.
func failed(st *report.Status) *report.FailureStatus {
	f := st.Failure
	if st.Generation != 0 || f == nil {
		return nil
	}
	start := f.Generation == 0 // a command before it has failed
	for _, l := range st.Lives {
		start = start || l.Gen == f.Generation && l.Served.IsZero()
	}
	if st.State == report.PhaseWaiting || st.State == report.PhaseRestarting && (start || st.CrashLoop != nil) {
		return f
	}
	return nil
}

// reason is what a page says.
type reason struct {
	report.FailureStatus
	id    string          // of the text
	shown context.Context // ends when another reason is shown; nil before the first time
	over  context.CancelFunc
}

func newReason(f *report.FailureStatus) *reason {
	part := report.FailureStatus{Files: f.Files, Reason: f.Reason, Error: f.Error, Place: f.Place, Output: f.Telling(mostOutput)}
	b, _ := json.Marshal(part) // of texts and numbers
	b = secret.JSON(b)
	r := &reason{}
	_ = json.Unmarshal(b, &r.FailureStatus) // it is JSON
	sum := fnv.New64a()
	_, _ = sum.Write(b)
	r.id = fmt.Sprintf("%x", sum.Sum64())
	return r
}

// answer returns the response to a navigation.
func (r *reason) answer() []byte {
	var out, body bytes.Buffer
	nonce := rand.Text()
	_ = page.Execute(&body, map[string]any{"F": r.FailureStatus, "ID": r.id, "Header": header, "Nonce": nonce})
	fmt.Fprintf(&out, "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n"+
		"Cache-Control: no-store\r\nRetry-After: 1\r\nX-Content-Type-Options: nosniff\r\nCross-Origin-Resource-Policy: same-origin\r\nReferrer-Policy: no-referrer\r\n"+
		"Content-Security-Policy: default-src 'none'; script-src 'nonce-%s'; style-src 'nonce-%s'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n\r\n",
		body.Len(), nonce, nonce)
	out.Write(body.Bytes())
	return out.Bytes()
}

// again is the answer to the page's own request when it has to load anew.
const again = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\nCache-Control: no-store\r\n\r\n"

// navigates reports whether a request at the address is a browser's that loads a page of this machine.
func navigates(r *http.Request, at netip.Addr) bool {
	h := r.Header
	for _, forwarded := range []string{"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Upgrade"} {
		if h.Get(forwarded) != "" {
			return false
		}
	}
	mode, dest := h.Get("Sec-Fetch-Mode"), h.Get("Sec-Fetch-Dest") // neither comes to a site without TLS but localhost
	if mode == "" && strings.Contains(h.Get("Accept"), "text/html") {
		mode = "navigate"
	}
	return r.Method == http.MethodGet && r.ContentLength == 0 && mode == "navigate" && (dest == "" || dest == "document") && web.OwnHost(r.Host, at)
}
