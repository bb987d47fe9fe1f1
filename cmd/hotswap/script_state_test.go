//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// countingServer answers each request with the number of requests so far, which it keeps in
// hotswap, and with its generation; /n with the sum of [busyCounter]. If the file exists that
// it is given, it fails.
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
			sum, _ := state.ask(`"op":"add","key":"n","by":0`)
			_, _ = w.Write(sum)
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
	c := &stateClient{}
	return c, c.dial()
}

func (c *stateClient) dial() (err error) {
	c.conn, err = net.Dial("unix", os.Getenv("HOTSWAP_SOCKET"))
	if err != nil {
		return err
	}
	c.in = bufio.NewReader(c.conn)
	_, err = c.askOnce(`"op":"hello","version":1`)
	return err
}

// ask returns the value in the answer to a request. An upgrade ends connections, and what has no answer then was
// not done.
func (c *stateClient) ask(request string) (json.RawMessage, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		value, err := c.askOnce(request)
		if !errors.Is(err, io.EOF) && !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
			return value, err
		}
		if err := c.dial(); err != nil {
			return nil, err
		}
	}
}

func (c *stateClient) askOnce(request string) (json.RawMessage, error) {
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

// busyCounter counts in hotswap on several connections until SIGTERM, and holds a lease. It writes to files:
// counted.N how often generation N was told that it has counted, and twice if two processes have the lease. If there is a
// file quiet, it is a [countingServer].
func busyCounter() {
	if _, err := os.Stat("quiet"); err == nil {
		countingServer()
	}
	gen := os.Getenv("HOTSWAP_GENERATION")
	check := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, "busy counter", gen, err)
			os.Exit(1)
		}
	}
	l, err := net.Listen("tcp", os.Args[1])
	check(err)
	go func() { _ = http.Serve(l, http.NotFoundHandler()) }()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)

	ended := make(chan struct{})
	var all sync.WaitGroup
	var counted atomic.Int64
	for range 4 {
		c, err := dialState()
		check(err)
		all.Go(func() {
			for {
				select {
				case <-ended:
					return
				default:
				}
				_, err := c.ask(`"op":"add","key":"n"`)
				check(err)
				counted.Add(1)
			}
		})
	}
	holder, err := dialState()
	check(err)
	go func() {
		for again := ""; ; again = `,"ended":17` {
			_, err := fmt.Fprintf(holder.conn, `{"id":9,"op":"lease","name":"job","claim":17%s}`+"\n", again)
			check(err)
			for has := false; ; {
				line, err := holder.in.ReadString('\n')
				ends := err != nil || strings.Contains(line, `"revoke"`)
				switch {
				case strings.Contains(line, `"granted"`):
					has = true
					if f, err := os.OpenFile("job", os.O_CREATE|os.O_EXCL, 0o600); err != nil {
						check(os.WriteFile("twice", nil, 0o600))
					} else {
						check(f.Close())
					}
					fmt.Fprintf(os.Stderr, "job runs in %s\n", gen)
				case ends && has:
					has = false
					check(os.Remove("job"))
				}
				if err != nil {
					break
				}
				if ends {
					_, err = fmt.Fprintln(holder.conn, `{"id":9,"op":"release"}`)
					check(err)
					return
				}
			}
			check(holder.dial())
		}
	}()
	<-stop
	close(ended)
	all.Wait()
	check(os.WriteFile("counting."+gen, []byte(fmt.Sprint(counted.Load())), 0o600))
	check(os.Rename("counting."+gen, "counted."+gen))
	os.Exit(0)
}

// counted URL GENERATIONS: when so many generations have ended, the answer is what all have counted.
func countedAll(ts *testscript.TestScript, _ bool, args []string) {
	var files []string
	for begun := time.Now(); fmt.Sprint(len(files)) != args[1]; time.Sleep(10 * time.Millisecond) {
		if time.Since(begun) > patience {
			ts.Fatalf("only %q", files)
		}
		var err error
		files, err = filepath.Glob(ts.MkAbs("counted.*"))
		ts.Check(err)
	}
	sum := 0
	for _, file := range files {
		n, err := strconv.Atoi(ts.ReadFile(file))
		ts.Check(err)
		if n == 0 {
			ts.Fatalf("%s: nothing", file)
		}
		sum += n
	}
	res, err := http.Get(args[0])
	ts.Check(err)
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	ts.Check(err)
	if string(got) != strconv.Itoa(sum) {
		ts.Fatalf("the sum is %s, and %d was acknowledged to %d generations", got, sum, len(files))
	}
}
