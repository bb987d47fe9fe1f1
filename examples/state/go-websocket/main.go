// Command go-websocket is a WebSocket server (github.com/coder/websocket) that sends its clients to the next
// process by itself, with the close code 1012.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	hotswap "github.com/hotswap-dev/hotswap/clients/go"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	l, err := net.Listen("tcp", "127.0.0.1:"+cmp.Or(os.Getenv("PORT"), "4000"))
	if err != nil {
		return err
	}
	f := newFeed()
	mux := http.NewServeMux()
	mux.Handle("GET /feed", f)
	mux.HandleFunc("GET /ping", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"pong": true, "version": version, "pid": os.Getpid()})
	})
	server := &http.Server{Handler: mux}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()

	stopped, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	select {
	case err := <-failed:
		return err
	case <-hotswap.Draining():
	case <-stopped.Done(): // such as without hotswap
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	f.close(ctx) // first, because Shutdown does not know WebSockets
	log.Printf("generation %d has sent its clients on", hotswap.Generation())
	return server.Shutdown(ctx)
}
