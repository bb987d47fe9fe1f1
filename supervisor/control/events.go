package control

import (
	"context"
	"net/http"

	"github.com/hotswap-dev/hotswap/internal/web"
)

// streamEvents answers with events until the client leaves or does not read in time, or the streams end.
func (s *Server) streamEvents(next func(ctx context.Context, after string) []web.Event) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(s.streams, cancel)()
		web.Stream(ctx, w, r, clientTime, next)
	}
}
