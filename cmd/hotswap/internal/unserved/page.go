package unserved

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/secret"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// header names in an answer what it says, so that a page sees whether there is something else to say. path is what a page
// asks for: its own URL is the program's alone, which may count how often that is asked for.
const (
	header = "Hotswap-Unserved"
	path   = "/.well-known/hotswap"
)

// Parameter is that of the URL with the token. The page passes the token on to a cookie, of this name and the port.
const Parameter = "hotswap-token"

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
	id string // of the text
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

// neutral is what a browser without the token learns.
var neutral = &reason{report.FailureStatus{Reason: "Nothing serves: the terminal of hotswap says why"}, "neutral"}

// answer returns the response to a navigation at a port. A browser without a token gets no cookie.
func (r *reason) answer(port uint16, token string) []byte {
	var out, body bytes.Buffer
	nonce, cookie := rand.Text(), ""
	if token != "" {
		cookie = fmt.Sprintf("Set-Cookie: %s-%d=%s; Path=/; HttpOnly; SameSite=Strict\r\n", Parameter, port, token)
	}
	_ = page.Execute(&body, map[string]any{"F": r.FailureStatus, "ID": r.id, "Header": header, "Nonce": nonce, "Parameter": Parameter, "Path": path})
	fmt.Fprintf(&out, "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n"+
		"Cache-Control: no-store\r\nRetry-After: 1\r\nX-Content-Type-Options: nosniff\r\nCross-Origin-Resource-Policy: same-origin\r\nReferrer-Policy: no-referrer\r\n"+
		"%s: %s\r\n%s"+
		"Content-Security-Policy: default-src 'none'; script-src 'nonce-%s'; style-src 'nonce-%s'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n\r\n",
		body.Len(), header, r.id, cookie, nonce, nonce)
	out.Write(body.Bytes())
	return out.Bytes()
}

// permits reports whether a request at a port has the token, in its URL or a cookie. A client of this machine may speak for
// somebody far away, as a tunnel's end does, and nothing says so.
func permits(r *http.Request, port uint16, token string) bool {
	given := []string{r.URL.Query().Get(Parameter)}
	for _, c := range r.CookiesNamed(fmt.Sprintf("%s-%d", Parameter, port)) {
		given = append(given, c.Value)
	}
	return slices.ContainsFunc(given, func(text string) bool { return subtle.ConstantTimeCompare([]byte(text), []byte(token)) == 1 })
}

// navigates reports whether a request is a browser's that loads a page, or the page's own.
func navigates(r *http.Request) bool {
	mode, dest := r.Header.Get("Sec-Fetch-Mode"), r.Header.Get("Sec-Fetch-Dest") // neither comes to a site without TLS but localhost
	if mode == "" && strings.Contains(r.Header.Get("Accept"), "text/html") {
		mode = "navigate"
	}
	return r.Method == http.MethodGet && r.ContentLength == 0 && (r.URL.Path == path || mode == "navigate" && (dest == "" || dest == "document"))
}
