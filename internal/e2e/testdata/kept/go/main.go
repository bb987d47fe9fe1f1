package main

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"time"
)

const VERSION = 1

func log(format string, args ...any) {
	if f, err := os.OpenFile(os.Getenv("LOG"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666); err == nil {
		fmt.Fprintf(f, "gen %d "+format+"\n", append([]any{VERSION}, args...)...)
		f.Close()
	}
}

func serve(w http.ResponseWriter, r *http.Request) {
	log("%s %s from %s user %q", r.Method, r.URL.Path, r.RemoteAddr, r.Header["X-Forwarded-User"])
	w.Header().Set("X-Client", r.RemoteAddr)
	var parts []time.Duration
	switch r.URL.Path {
	case "/401":
		answer := http.NewResponseController(w)
		_ = answer.EnableFullDuplex()
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(http.StatusUnauthorized)
		_ = answer.Flush()
		_, _ = io.Copy(io.Discard, r.Body) // to keep the connection
		return
	case "/echo":
		answer := http.NewResponseController(w)
		_ = answer.EnableFullDuplex()
		for b := make([]byte, 4096); ; {
			n, err := r.Body.Read(b)
			_, _ = w.Write(b[:n])
			_ = answer.Flush()
			if err != nil {
				return
			}
		}
	case "/hints":
		w.WriteHeader(http.StatusEarlyHints)
	case "/parts":
		parts = []time.Duration{60, 300}
	case "/tokens":
		parts = slices.Repeat([]time.Duration{100}, 120)
	}
	size, _ := io.Copy(io.Discard, r.Body)
	if r.URL.Path == "/hints" {
		log("stored %d", size)
	}
	for _, pause := range parts {
		fmt.Fprint(w, "part ")
		w.(http.Flusher).Flush()
		time.Sleep(pause * time.Millisecond)
	}
	fmt.Fprintf(w, "version %d size %d", VERSION, size)
}

func main() {
	http.HandleFunc("/", serve)
	fmt.Println(http.ListenAndServe(cmp.Or(os.Getenv("HOST"), "127.0.0.1")+":"+os.Getenv("PORT"), nil))
}
