package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
)

// debuggedServer is fileServer that first waits for somebody to come to its
// debugger's port, if its last argument says so.
func debuggedServer() {
	flag, addr, _ := strings.Cut(os.Args[len(os.Args)-1], "=")
	l, err := net.Listen("tcp4", addr)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	came, once := make(chan struct{}), sync.Once{}
	go func() {
		_ = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, "debugger of generation %s", os.Getenv("HOTSWAP_GENERATION"))
			once.Do(func() { close(came) })
		}))
	}()
	if flag == "--inspect-brk" {
		<-came
	}
	os.Args = os.Args[:3]
	fileServer()
}
