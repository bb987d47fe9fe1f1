// A program with servers of many kinds, which knows nothing of hotswap. It prints where each listens.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync/atomic"
	"time"
)

type id struct{}

// wrapping is a listener that wraps what it accepts, as netutil.LimitListener does.
type wrapping struct{ net.Listener }

func (l wrapping) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return struct{ net.Conn }{c}, err
}

// keeping is a listener that does not, as that of echo does.
type keeping struct{ *net.TCPListener }

func (l keeping) Accept() (net.Conn, error) {
	c, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	return c, c.SetKeepAlive(true)
}

func main() {
	var requests, contexts, states atomic.Int64
	events, begun, more := make(chan string), make(chan bool), make(chan bool)
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "request %d body %q %v by %s\n", requests.Add(1), b, err, r.Proto)
	})
	mux.HandleFunc("/unread", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "unread") })
	mux.HandleFunc("/wait", func(w http.ResponseWriter, r *http.Request) { begun <- true; <-more; fmt.Fprintln(w, "waited") })
	mux.HandleFunc("/begun", func(w http.ResponseWriter, r *http.Request) { <-begun })
	mux.HandleFunc("/go", func(w http.ResponseWriter, r *http.Request) { more <- true })
	mux.HandleFunc("/counts", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%d contexts %d states %d goroutines\n", contexts.Load(), states.Load(), runtime.NumGoroutine())
	})
	mux.HandleFunc("/event", func(w http.ResponseWriter, r *http.Request) { events <- r.URL.Query().Get("text") })
	mux.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for w.(http.Flusher).Flush(); ; w.(http.Flusher).Flush() {
			select {
			case text := <-events:
				if _, err := io.WriteString(w, text); err != nil {
					return
				}
			case <-r.Context().Done():
				return
			}
		}
	})
	mux.HandleFunc("/hijack", func(w http.ResponseWriter, r *http.Request) {
		c, rw, _ := w.(http.Hijacker).Hijack()
		defer c.Close()
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n")
		for s := bufio.NewScanner(rw); s.Scan(); {
			fmt.Fprintln(c, "raw", s.Text())
		}
	})
	at := func(network, address string) net.Listener {
		l, err := net.Listen(network, address)
		if err != nil {
			panic(err)
		}
		return l
	}
	serve := func(name string, l net.Listener, change func(*http.Server)) {
		s := &http.Server{
			Handler: mux, IdleTimeout: time.Hour,
			ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
				return context.WithValue(ctx, id{}, contexts.Add(1))
			},
			ConnState: func(_ net.Conn, s http.ConnState) {
				if s == http.StateNew {
					states.Add(1)
				}
			},
		}
		change(s)
		fmt.Println(name, l.Addr())
		if name == "tls" {
			ended := at("tcp", "127.0.0.1:0") // this server has served before, and another one has begun since
			ended.Close()
			s.ServeTLS(ended, "", "")
			http.Serve(ended, mux)
			go s.ServeTLS(l, "", "")
		} else {
			go s.Serve(l)
		}
	}
	secure := func(s *http.Server) {
		pair, err := tls.LoadX509KeyPair("cert.pem", "key.pem")
		if err != nil {
			panic(err)
		}
		s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}}
	}
	serve("plain", at("tcp", "127.0.0.1:0"), func(*http.Server) {})
	serve("keeping", keeping{at("tcp", "127.0.0.1:0").(*net.TCPListener)}, func(*http.Server) {})
	serve("unix", at("unix", os.Args[1]), func(*http.Server) {})
	serve("wrapping", wrapping{at("tcp", "127.0.0.1:0")}, func(*http.Server) {})
	serve("single", at("tcp", "127.0.0.1:0"), func(s *http.Server) { s.SetKeepAlivesEnabled(false) })
	serve("hasty", at("tcp", "127.0.0.1:0"), func(s *http.Server) { s.ReadHeaderTimeout = 20 * time.Millisecond })
	serve("tls", at("tcp", "127.0.0.1:0"), secure)
	fmt.Println()
	io.Copy(io.Discard, os.Stdin)
}
