// Command go-server is a net/http server as one writes it: it listens where it
// is told and answers who it is. It handles no signal and knows nothing of
// hotswap; built with CGO_ENABLED=0 it is static, so nothing could be slipped
// into it either.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"
)

// version is what the answers carry. Rewrite it here, or build with
// -ldflags "-X main.version=2".
var version = "1"

func main() {
	addr := flag.String("addr", env("ADDR", "127.0.0.1:4000"), "address to listen on (or by ADDR)")
	flag.Parse()
	number, err := strconv.Atoi(version)
	if err != nil {
		log.Fatalf("version: %v", err)
	}
	log.Printf("version %d listens on %s", number, *addr)
	log.Fatal(http.ListenAndServe(*addr, handler(number)))
}

func env(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

func handler(version int) http.Handler {
	pid := os.Getpid()
	pong := func(w http.ResponseWriter) {
		answer(w, map[string]any{"pong": true, "version": version, "pid": pid})
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ping", func(w http.ResponseWriter, r *http.Request) { pong(w) })
	mux.HandleFunc("GET /slow", func(w http.ResponseWriter, r *http.Request) {
		ms, err := strconv.Atoi(r.URL.Query().Get("ms"))
		if err != nil || ms < 0 {
			ms = 700
		}
		time.Sleep(time.Duration(ms) * time.Millisecond)
		pong(w)
	})
	mux.HandleFunc("GET /events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		beat := time.NewTicker(250 * time.Millisecond)
		defer beat.Stop()
		for r.Context().Err() == nil {
			fmt.Fprintf(w, "data: {\"version\":%d}\n\n", version)
			if err := http.NewResponseController(w).Flush(); err != nil {
				return
			}
			<-beat.C
		}
	})
	mux.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer(w, map[string]any{"echo": string(body), "version": version, "pid": pid})
	})
	return mux
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		log.Printf("answer: %v", err)
	}
}
