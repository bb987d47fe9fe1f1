package live

import (
	"context"
	"embed"
	"net/http"

	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/internal/secret"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/internal/web"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Page is the live page. Its methods may be called from any goroutine.
type Page struct {
	Token  string               // that a client needs; "": the address is of this machine only
	Status func() report.Status // of now
	Log    *control.Log         // the program's output
	// Do does what a button of that name asks for, and returns a line for people. It goes on without its client.
	Do func(ctx context.Context, name string) (string, error)
}

// sameUser is replaced by tests.
var sameUser = web.SameUser

//go:embed page
var files embed.FS

// policy lets the page load its own script and style, ask hotswap, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func (p *Page) Add(to *http.ServeMux) {
	for path, file := range map[string]string{"/{$}": "index.html", "/live/page.js": "page.js",
		"/live/page.css": "page.css"} {
		show := func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h.Set("Content-Security-Policy", policy)
			h.Set("Referrer-Policy", "no-referrer") // the URL may have the token
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Cross-Origin-Resource-Policy", "same-origin")
			h.Set("Cache-Control", "no-store") // another hotswap may have another page
			http.ServeFileFS(w, r, files, "page/"+file)
		}
		if file == "index.html" { // the others hold nothing of the run, and are asked for without the token
			show = p.guarded(show)
		}
		to.HandleFunc("GET "+path, show)
	}
	refuse := web.Busy("too many ask at the same time")
	to.HandleFunc("GET /live/stream", p.guarded(web.Limited(maxStreams, refuse, p.stream)))
	to.HandleFunc("POST /live/do/{name}", p.guarded(web.Limited(maxCommands, refuse, p.command)))
}

// command carries a command out and answers with what became of it.
func (p *Page) command(w http.ResponseWriter, r *http.Request) {
	text, err := p.Do(context.WithoutCancel(r.Context()), r.PathValue("name"))
	if err != nil {
		text = err.Error()
		w.WriteHeader(http.StatusConflict)
	}
	web.Send(w, []byte(plain.Line(secret.Text(text))), wait.Answer) // the client may have gone
}
