package main

import (
	"fmt"
	"net"
	"os"
	"strings"
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
