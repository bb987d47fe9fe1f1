// The answers of /hold and /stream wait until somebody asks for /open.
package main

import (
	"io"
	"net/http"
	"os"
	"sync"
)

var (
	mu      sync.Mutex // guards what follows
	opens   = make(chan struct{})
	waiting int
	opened  bool // before anybody waited
)

func open() {
	mu.Lock()
	defer mu.Unlock()
	opened = waiting == 0
	waiting = 0
	close(opens)
	opens = make(chan struct{})
}

func wait() (open chan struct{}) {
	mu.Lock()
	defer mu.Unlock()
	if opened {
		opened, open = false, make(chan struct{})
		close(open)
		return open
	}
	waiting++
	return opens
}

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/open":
			open()
		case "/hold":
			<-wait()
		case "/stream":
			w.Header().Set("Content-Type", "text/event-stream")
			io.WriteString(w, "data: 1\n\n")
			w.(http.Flusher).Flush()
			select {
			case <-wait():
				io.WriteString(w, "data: 2\n\n")
			case <-r.Context().Done():
			}
			return
		}
		io.WriteString(w, r.URL.Path)
	})
	panic(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
