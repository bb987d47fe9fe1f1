package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// The variables of the server: its address, and which process it is. hotswap sets the latter.
const (
	addrVariable   = "DEMO_ADDR"
	numberVariable = "HOTSWAP_GENERATION"
)

// serve is an ordinary server that knows nothing of hotswap. At SIGTERM it finishes its requests, as the documentation
// of http.Server.Shutdown shows. Its answers are those that load.ExampleChecks wants.
func serve(addr string) error {
	time.Sleep(80 * time.Millisecond) // instead of reading a configuration and finding a database
	number, _ := strconv.Atoi(os.Getenv(numberVariable))
	reply := func(w http.ResponseWriter, key string, value any) {
		w.Header().Set("Content-Type", "application/json")
		// the client may have gone
		_ = json.NewEncoder(w).Encode(map[string]any{key: value, "version": number, "pid": os.Getpid()})
	}
	http.HandleFunc("GET /ping", func(w http.ResponseWriter, _ *http.Request) { reply(w, "pong", true) })
	http.HandleFunc("GET /slow", func(w http.ResponseWriter, r *http.Request) {
		ms, _ := strconv.Atoi(r.URL.Query().Get("ms"))
		time.Sleep(time.Duration(ms) * time.Millisecond)
		reply(w, "pong", true)
	})
	http.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		reply(w, "echo", string(body))
	})
	server, ended := http.Server{Addr: addr}, make(chan error)
	told, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		<-told.Done()
		ended <- server.Shutdown(context.Background())
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-ended
}

// command returns a command with this program as the server.
func command(ctx context.Context, addr string, args ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args = append(args, self)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), addrVariable+"="+addr)
	return cmd, nil
}

// freeAddr finds a port on which no process listens, below those that the kernel gives to connecting clients
// (ip_local_port_range, by default from 32768). While a plain restart leaves the port closed, a client could otherwise
// be given the very port that it dials and connect to itself (a simultaneous open, RFC 9293, section 3.5), and the
// server would find the port in use.
func freeAddr() (string, error) {
	for range 100 {
		if l, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(12000))); err == nil {
			return l.Addr().String(), l.Close()
		}
	}
	return "", errors.New("no free port between 20000 and 32000")
}

// listens returns when a process listens at the address.
func listens(ctx context.Context, addr string) error {
	limited, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		var d net.Dialer
		c, err := d.DialContext(limited, "tcp4", addr)
		if err == nil {
			return c.Close()
		}
		select {
		case <-time.After(time.Millisecond):
		case <-limited.Done():
			return errors.Join(ctx.Err(), err)
		}
	}
}
