package golang

import (
	"embed"
	"fmt"
	"strings"
)

// added are the files that the overlay adds to net/http. Go's tools leave a folder with such a name alone.
//
//go:embed _nethttp/*.go
var added embed.FS

// sources returns the names of these files and their texts.
func sources() map[string][]byte {
	all := map[string][]byte{}
	files, _ := added.ReadDir("_nethttp")
	for _, f := range files {
		all["hotswap_"+f.Name()], _ = added.ReadFile("_nethttp/" + f.Name())
	}
	return all
}

// edits are what server.go of net/http calls. Each text occurs once, in every version from Go 1.25 on; no edit adds a line, so that the
// lines of a stack are those of the toolchain.
var edits = []struct{ text, into string }{
	{"func (s *Server) trackConn(c *conn, add bool) {", "func (s *Server) trackConn(c *conn, add bool) { hotswapTracks(c, add)"},
	{"ctx := context.WithValue(baseCtx, ServerContextKey, s)", "ctx := hotswapServes(s, &l, context.WithValue(baseCtx, ServerContextKey, s))"},
	{"connCtx = cc(connCtx, rw)", "connCtx = hotswapContext(s, connCtx, rw)"},
	{"c.r = &connReader{conn: c, rwc: c.rwc}", "c.r = &connReader{conn: c, rwc: hotswapReads(c)}"},
	{"if !w.conn.server.doKeepAlives() {", "if !w.conn.server.doKeepAlives() || hotswapRests(c) {"},
	{"keepAlivesEnabled := w.conn.server.doKeepAlives()", "keepAlivesEnabled := w.conn.server.doKeepAlives() && !hotswapEnds(w)"},
	{"(w *response) write(lenData int, dataB []byte, dataS string) (n int, err error) {", "(w *response) write(lenData int, dataB []byte, dataS string) (n int, err error) { if e := hotswapWrites(w, dataB, dataS); e != nil { defer e.writes.Unlock(); if e.ended { return 0, net.ErrClosed } }"},
	{"(w *response) FlushError() error {", `(w *response) FlushError() error { if e := hotswapWrites(w, nil, ""); e != nil { defer e.writes.Unlock(); if e.ended { return net.ErrClosed } }`},
	{"w.handlerDone.Store(true)", "w.handlerDone.Store(true); hotswapFinishes(w.conn)"},
	{"func (c *conn) close() {", "func (c *conn) close() { hotswapFinishes(c)"},
}

// multiplexing is where a server has just got HTTP/2: in Go 1.25 and 1.26, and in Go 1.27.
var multiplexing = []string{"s.nextProtoErr = http2ConfigureServer(s, conf)", "\ts.configureHTTP2()"}

// edit returns server.go with the calls. The error says which text is not as expected.
func edit(server string) (string, error) {
	for _, e := range edits {
		if n := strings.Count(server, e.text); n != 1 {
			return "", fmt.Errorf("net/http of this version is not known: %d times %q", n, e.text)
		}
		server = strings.Replace(server, e.text, e.into, 1)
	}
	for _, text := range multiplexing {
		if strings.Count(server, text) == 1 {
			return strings.Replace(server, text, text+"; hotswapMultiplexes(s)", 1), nil
		}
	}
	return "", fmt.Errorf("net/http of this version is not known: no %q", multiplexing)
}
