// Command go-websocket is a WebSocket server (github.com/coder/websocket) that sends its clients to the next
// process by itself, with the close code 1012.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/hotswap-dev/hotswap/child"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	l, err := child.Listen("tcp", "127.0.0.1:"+cmp.Or(os.Getenv("PORT"), "4000"))
	if err != nil {
		return err
	}
	f := newFeed()
	mux := http.NewServeMux()
	mux.Handle("GET /feed", f)
	mux.HandleFunc("GET /messages", func(w http.ResponseWriter, r *http.Request) {
		n, err := child.Get[int](r.Context(), messages)
		if err != nil && !errors.Is(err, child.ErrNotFound) {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, n)
	})
	mux.HandleFunc("GET /ping", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"pong": true, "version": version, "pid": os.Getpid()})
	})
	server := &http.Server{Handler: mux}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()

	child.DrainOnSignal()
	select {
	case err := <-failed:
		return err
	case <-child.Draining():
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	f.close(ctx) // first, because Shutdown does not know WebSockets
	log.Printf("generation %d has sent its clients on", child.Generation())
	return server.Shutdown(ctx)
}
