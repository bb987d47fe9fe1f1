package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// tokenServer answers every request with a stream that goes on until there is a file of the name that the path has, and
// then says which generation it came from. The answer to /poll begins when there is that file.
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

// fetch writes the body of an answer into a file as it comes, with the status before it if there are fields for the
// request, and fails if it is cut.
//
//	demo-fetch URL FILE ['NAME: VALUE'...]
func fetch() {
	err := func() error {
		q, err := http.NewRequest("GET", os.Args[1], nil)
		if err != nil {
			return err
		}
		for _, field := range os.Args[3:] {
			name, value, _ := strings.Cut(field, ": ")
			q.Header.Set(name, value)
		}
		r, err := http.DefaultClient.Do(q)
		if err != nil {
			return err
		}
		f, err := os.Create(os.Args[2])
		if err != nil {
			return err
		}
		if len(os.Args) > 3 {
			fmt.Fprintln(f, r.Status)
		}
		_, err = io.Copy(f, r.Body)
		return err
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
