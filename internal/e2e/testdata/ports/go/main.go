// A server with a port in its code, which also asks itself there.
package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
)

const version = 1

func main() {
	folder, _ := os.Getwd()
	http.HandleFunc("/ping", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{
			"pong": true, "version": version, "pid": os.Getpid(), "tree": filepath.Base(filepath.Dir(folder)),
		})
	})
	http.HandleFunc("/self", func(w http.ResponseWriter, _ *http.Request) {
		answer, err := http.Get("http://localhost:8080/ping")
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		_, _ = io.Copy(w, answer.Body)
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
