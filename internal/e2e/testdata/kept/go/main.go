package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

const VERSION = 1

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		size, _ := io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/parts" {
			for _, pause := range []time.Duration{60, 300} {
				fmt.Fprint(w, "part ")
				w.(http.Flusher).Flush()
				time.Sleep(pause * time.Millisecond)
			}
		}
		fmt.Fprintf(w, "version %d size %d", VERSION, size)
	})
	fmt.Println(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
