// Command golang is a server of net/http and coder/websocket that drains by itself: told to
// stop, it tells its WebSockets, ends its event streams, and finishes its requests.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/coder/websocket"
)

func main() {
	text, err := os.ReadFile("version.json")
	if err != nil {
		log.Fatal(err)
	}
	var s server
	if err := json.Unmarshal(text, &s); err != nil {
		log.Fatal(err)
	}
	stop, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	s.stop = stop
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ping", s.ping)
	mux.HandleFunc("GET /slow", s.slow)
	mux.HandleFunc("GET /ws", s.echo)
	mux.HandleFunc("GET /events", s.events)
	web := http.Server{Addr: "127.0.0.1:" + os.Getenv("PORT"), Handler: mux}
	go func() {
		if err := web.ListenAndServe(); err != http.ErrServerClosed {
			log.Fatal(err)
		}
	}()
	<-stop.Done()
	if err := web.Shutdown(context.Background()); err != nil { // knows nothing of WebSockets
		log.Fatal(err)
	}
	s.sockets.Wait()
}

type server struct {
	Version int             `json:"version"`
	stop    context.Context // ends with SIGTERM
	sockets sync.WaitGroup
}

func (s *server) ping(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintf(w, `{"pong":true,"version":%d,"pid":%d}`, s.Version, os.Getpid())
}

func (s *server) slow(w http.ResponseWriter, r *http.Request) {
	ms, _ := strconv.Atoi(r.URL.Query().Get("ms"))
	time.Sleep(time.Duration(ms) * time.Millisecond)
	s.ping(w, r)
}

func (s *server) echo(w http.ResponseWriter, r *http.Request) {
	s.sockets.Add(1)
	defer s.sockets.Done()
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	defer context.AfterFunc(s.stop, func() { conn.Close(websocket.StatusGoingAway, "the server stops") })()
	for {
		_, text, err := conn.Read(context.Background())
		if err != nil {
			return
		}
		reply, _ := json.Marshal(map[string]any{"echo": string(text), "version": s.Version})
		if err := conn.Write(context.Background(), websocket.MessageText, reply); err != nil {
			return
		}
	}
}

func (s *server) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	id, _ := strconv.Atoi(r.Header.Get("Last-Event-ID"))
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		id++
		fmt.Fprintf(w, "id: %d\nretry: 100\ndata: {\"version\":%d}\n\n", id, s.Version)
		if err := http.NewResponseController(w).Flush(); err != nil {
			return
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		case <-s.stop.Done():
			return
		}
	}
}
