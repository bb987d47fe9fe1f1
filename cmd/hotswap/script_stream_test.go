package main

import (
	"fmt"
	"net/http"
	"os"
	"time"
)

// tokenServer answers every request with a stream that goes on until there is a file of the name that the path has, and then
// says which generation it came from. The answer to /poll begins when there is that file.
//
//	demo-tokens ADDR
func tokenServer() {
	err := http.ListenAndServe(os.Args[1], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(os.Stderr, "asked for", r.URL.Path)
		for range time.Tick(50 * time.Millisecond) {
			if _, err := os.Stat("." + r.URL.Path); err == nil {
				break
			}
			if r.URL.Path != "/poll" {
				fmt.Fprintln(w, "and another token")
				_ = http.NewResponseController(w).Flush()
			}
		}
		fmt.Fprintf(w, "the end, by generation %s\n", os.Getenv("HOTSWAP_GENERATION"))
	}))
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
