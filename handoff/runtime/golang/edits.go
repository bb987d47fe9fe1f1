package golang

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// added are the files that the overlay adds to two packages. Go's tools leave folders with such a name alone.
//
//go:embed _net/*.go _nethttp/*.go
var added embed.FS

// folders are those of the added files, by their packages.
var folders = map[string]string{"net": "_net", "net/http": "_nethttp"}

// change is a text of the toolchain's, and what the overlay has there; where versions differ, more such pairs, of which
// one fits. Each text occurs once; no change adds a line, so that the lines of a stack are those of the toolchain.
type change []string

// oldest is the oldest version of Go that the edits fit.
const oldest = "go1.24"

// edits are what the files of the toolchain call, in every version from the oldest on.
var edits = map[string][]change{
	"net/tcpsock.go": {
		{"return l.fd.SetDeadline(t)", "return hotswapWaits(l.fd, t)"},
	},
	"net/tcpsock_posix.go": {
		{"fd, err := internetSocket(ctx, sl.network, laddr, nil, syscall.SOCK_STREAM, proto, \"listen\", ctrlCtxFn)",
			"fd, err := hotswapListens(ctx, sl.network, laddr, proto, ctrlCtxFn)"},
		{"fd, err := ln.fd.accept()", "fd, err := hotswapAccepts(ln.fd)"},
		{"f, err := ln.fd.dup()", "hotswapAsks(ln.fd); f, err := ln.fd.dup()"},
		{"return ln.fd.Close()", "defer hotswapCloses(ln.fd); return ln.fd.Close()"},
	},
	"net/http/server.go": {
		{"type Server struct {", "type Server struct { hotswap hotswapServer"},
		{"func (s *Server) trackConn(c *conn, add bool) {",
			"func (s *Server) trackConn(c *conn, add bool) { hotswapTracks(c, add)"},
		{"ctx := context.WithValue(baseCtx, ServerContextKey, s)",
			"ctx := hotswapServes(s, &l, context.WithValue(baseCtx, ServerContextKey, s))"},
		{"connCtx = cc(connCtx, rw)", "connCtx = hotswapContext(s, connCtx, rw)"},
		{"c.r = &connReader{conn: c, rwc: c.rwc}", "c.r = &connReader{conn: c, rwc: hotswapReads(c)}",
			"c.r = &connReader{conn: c}", "c.r = &connReader{conn: c, rwc: hotswapReads(c)}"},
		// the second is that of Go 1.24
		{"type connReader struct {\n\trwc ", "type connReader struct {\n\trwc ",
			"type connReader struct {", "type connReader struct { rwc net.Conn"},
		{"n, err = cr.rwc.Read(p)", "n, err = cr.rwc.Read(p)",
			"n, err = cr.conn.rwc.Read(p)", "n, err = cr.rwc.Read(p)"},
		{"n, err := cr.rwc.Read(cr.byteBuf[:])", "n, err := cr.rwc.Read(cr.byteBuf[:])",
			"n, err := cr.conn.rwc.Read(cr.byteBuf[:])", "n, err := cr.rwc.Read(cr.byteBuf[:])"},
		{"if !w.conn.server.doKeepAlives() {", "if !w.conn.server.doKeepAlives() || hotswapRests(c) {"},
		{"keepAlivesEnabled := w.conn.server.doKeepAlives()",
			"keepAlivesEnabled := w.conn.server.doKeepAlives() && !hotswapEnds(w)"},
		{"(w *response) write(lenData int, dataB []byte, dataS string) (n int, err error) {",
			"(w *response) write(lenData int, dataB []byte, dataS string) (n int, err error) { if e := hotswapWrites(w, dataB, dataS); e != nil { defer e.writes.Unlock(); if e.ended { return 0, net.ErrClosed } }"},
		{"(w *response) FlushError() error {",
			`(w *response) FlushError() error { if e := hotswapWrites(w, nil, ""); e != nil { defer e.writes.Unlock(); if e.ended { return net.ErrClosed } }`},
		{"w.handlerDone.Store(true)", "w.handlerDone.Store(true); hotswapFinishes(w.conn)"},
		{"func (c *conn) close() {", "func (c *conn) close() { hotswapFinishes(c)"},
		// where a server has just got HTTP/2: until Go 1.26, and in Go 1.27
		{"s.nextProtoErr = http2ConfigureServer(s, conf)",
			"s.nextProtoErr = http2ConfigureServer(s, conf); hotswapMultiplexes(s)",
			"\ts.configureHTTP2()", "\ts.configureHTTP2(); hotswapMultiplexes(s)"},
	},
}

// edit returns a file's text with the calls. The error says which text is not as expected.
func edit(file, text string) (string, error) {
next:
	for _, c := range edits[file] {
		for pair := range slices.Chunk(c, 2) {
			if strings.Count(text, pair[0]) == 1 {
				text = strings.Replace(text, pair[0], pair[1], 1)
				continue next
			}
		}
		return "", fmt.Errorf("%s of this version is not known: not once %q", file, c[0])
	}
	return text, nil
}

// sources returns what the overlay has for a toolchain's folder src.
func sources(src string) (map[string][]byte, error) {
	all := map[string][]byte{}
	for pkg, folder := range folders {
		files, _ := fs.Glob(added, folder+"/*")
		for _, f := range files {
			all[path.Join(pkg, "hotswap_"+path.Base(f))], _ = added.ReadFile(f)
		}
	}
	for file := range edits {
		text, err := os.ReadFile(filepath.Join(src, file))
		if err != nil {
			return nil, err
		}
		edited, err := edit(file, string(text))
		if err != nil {
			return nil, err
		}
		all[file] = []byte(edited)
	}
	return all, nil
}
