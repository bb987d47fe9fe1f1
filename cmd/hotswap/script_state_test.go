package main

import (
	"bufio"
	"encoding/json"
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

// stateClient speaks docs/protocol.md, one request at a time.
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

// busyCounter counts in hotswap on several connections until SIGTERM, holds a lease, and
// defines a key at its end. It writes to files: counted.N how often generation N was told
// that it has counted, defined.N what it was told the key is, and twice if two processes have the lease.
func busyCounter() {
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
	definer, err := dialState()
	check(err)
	defined := make(chan struct{})
	go func() {
		defer close(defined)
		_, err := fmt.Fprintln(definer.conn, `{"id":9,"op":"define","key":"slow"}`)
		check(err)
		line, err := definer.in.ReadString('\n')
		check(err)
		if strings.Contains(line, `"run":true`) {
			<-ended
			_, err = fmt.Fprintf(definer.conn, `{"id":9,"op":"defined","value":"by %s"}`+"\n", gen)
			check(err)
			line, err = definer.in.ReadString('\n')
			check(err)
		}
		check(os.WriteFile("defined."+gen, []byte(line), 0o600))
	}()
	holder, err := dialState()
	check(err)
	released := make(chan struct{})
	go func() {
		defer close(released)
		_, err := fmt.Fprintln(holder.conn, `{"id":9,"op":"lease","name":"job"}`)
		for has := false; ; {
			check(err)
			var line string
			line, err = holder.in.ReadString('\n')
			check(err)
			switch {
			case strings.Contains(line, `"granted"`):
				has = true
				if f, err := os.OpenFile("job", os.O_CREATE|os.O_EXCL, 0o600); err != nil {
					check(os.WriteFile("twice", nil, 0o600))
				} else {
					check(f.Close())
				}
				fmt.Fprintf(os.Stderr, "job runs in %s\n", gen)
			case strings.Contains(line, `"revoke"`) && has:
				check(os.Remove("job"))
				_, err = fmt.Fprintln(holder.conn, `{"id":9,"op":"release"}`)
			default:
				return
			}
		}
	}()
	<-stop
	close(ended)
	all.Wait()
	<-defined
	check(os.WriteFile("counted."+gen, []byte(fmt.Sprint(counted.Load())), 0o600))
	os.Exit(0)
}

// counted URL: the answer is what all have counted.
func countedAll(ts *testscript.TestScript, _ bool, args []string) {
	files, err := filepath.Glob(ts.MkAbs("counted.*"))
	ts.Check(err)
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
