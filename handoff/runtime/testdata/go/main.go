// The answers of /hold and /stream wait until the next /open.
package main

import (
	"io"
	"net/http"
	"os"
	"sync"
)

func main() {
	var mu sync.Mutex
	opens := make(chan struct{})
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		open := opens
		if r.URL.Path == "/open" {
			close(opens)
			opens = make(chan struct{})
		}
		mu.Unlock()
		switch r.URL.Path {
		case "/stream":
			w.Header().Set("Content-Type", "text/event-stream")
			io.WriteString(w, "data: 1\n\n")
			w.(http.Flusher).Flush()
			select {
			case <-open:
				io.WriteString(w, "data: 2\n\n")
			case <-r.Context().Done():
			}
			return
		case "/hold":
			<-open
		}
		io.WriteString(w, r.URL.Path)
	})
	panic(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
