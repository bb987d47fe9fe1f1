package livereload

import (
	_ "embed"
	"net/http"
	"strconv"
)

const (
	scriptPath = "/livereload.js"
	socketPath = "/livereload"
)

//go:embed script/page.js
var pageScript string

//go:embed script/livereload.min.js
var libraryScript string

//go:embed script/LICENSE
var licence string

// script is what a page loads: hotswap's plugin, then livereload-js, which looks for plugins.
var script = []byte(pageScript + "\n/*\n" + licence + "*/\n" + libraryScript)

// Add adds the script and the WebSockets to a server, which is at base.
func (s *Server) Add(to interface {
	HandleFunc(pattern string, handle func(http.ResponseWriter, *http.Request))
}, base string) {
	s.url = base + scriptPath
	to.HandleFunc("GET "+scriptPath, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(len(script)))
		w.Header().Set("Cache-Control", "no-store") // another hotswap may have another script
		_, _ = w.Write(script)                      // the browser may have gone
	})
	to.HandleFunc("GET "+socketPath, s.connect)
}
