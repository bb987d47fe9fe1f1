//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
)

// countingServer answers each request with the number of requests so far, which it keeps in
// hotswap, and with its generation; /n with that alone. If the file exists that it is given, it fails.
func countingServer() {
	if len(os.Args) > 2 {
		if _, err := os.Stat(os.Args[2]); err == nil {
			os.Exit(3)
		}
	}
	state, err := dialState()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	err = http.ListenAndServe(os.Args[1], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/n" {
			fmt.Fprintf(w, "generation %s", os.Getenv("HOTSWAP_GENERATION"))
			return
		}
		sum, err := state.ask(`"op":"add","key":"visits"`)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintf(w, "visit %s, generation %s", sum, os.Getenv("HOTSWAP_GENERATION"))
	}))
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// stateClient speaks docs/state.md, one request at a time.
type stateClient struct {
	mu   sync.Mutex
	conn net.Conn
	in   *bufio.Reader
	last int
}

func dialState() (*stateClient, error) {
	conn, err := net.Dial("unix", os.Getenv("HOTSWAP_SOCKET"))
	if err != nil {
		return nil, err
	}
	c := &stateClient{conn: conn, in: bufio.NewReader(conn)}
	_, err = c.ask(`"op":"hello","version":1`)
	return c, err
}

// ask returns the value in the answer to a request.
func (c *stateClient) ask(request string) (json.RawMessage, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	if _, err := fmt.Fprintf(c.conn, "{\"id\":%d,%s}\n", c.last, request); err != nil {
		return nil, err
	}
	line, err := c.in.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	var answer struct {
		ID    int
		Value json.RawMessage
		Error string
	}
	switch err := json.Unmarshal(line, &answer); {
	case err != nil:
		return nil, err
	case answer.Error != "" || answer.ID != c.last:
		return nil, fmt.Errorf("answer %d to %d: %s", answer.ID, c.last, answer.Error)
	}
	return answer.Value, nil
}
