//go:build linux

package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
)

// udpServer answers every datagram with a file's content as it was at its start; a file that says "broken" is a program
// that fails.
func udpServer() {
	text, err := os.ReadFile(os.Args[2])
	if err != nil || strings.HasPrefix(string(text), "broken") {
		os.Exit(3)
	}
	c, err := net.ListenPacket("udp", os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	b := make([]byte, 100)
	for {
		if _, from, err := c.ReadFrom(b); err == nil {
			_, _ = c.WriteTo(text, from)
		}
	}
}

// udpAsk prints the answer to a datagram.
func udpAsk() {
	c, err := net.Dial("udp", os.Args[1])
	if err == nil {
		_, err = c.Write([]byte("?"))
	}
	b := make([]byte, 100)
	n := 0
	if err == nil {
		n, err = c.Read(b)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Print(string(b[:n]))
}

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
