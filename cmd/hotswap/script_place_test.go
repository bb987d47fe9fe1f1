package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// placedServer listens, and says on its standard error what it learns of its place, its lease and signals.
// The words of its file are its name and what it does not do: "stays" handles nothing before a file go
// exists, "dies" kills itself then, "keeps" never gives the lease back, "quiet" asks for nothing, "nowhere" does not
// listen.
func placedServer() {
	b, err := os.ReadFile(os.Args[2])
	if err != nil {
		os.Exit(1)
	}
	words := strings.Fields(string(b))
	does := func(word string) bool { return slices.Contains(words[1:], word) }
	say := func(format string, args ...any) { fmt.Fprintf(os.Stderr, words[0]+" "+format+"\n", args...) }
	went := func() {
		for {
			if _, err := os.Stat("go"); err == nil {
				return
			}
			time.Sleep(time.Millisecond)
		}
	}
	signals := make(chan os.Signal, 10)
	signal.Notify(signals, syscall.SIGUSR2, syscall.SIGTERM)
	go func() {
		for sig := range signals {
			say("got %v", sig)
			if sig == syscall.SIGTERM {
				os.Exit(0)
			}
		}
	}()
	conn, err := net.Dial("unix", os.Getenv("HOTSWAP_SOCKET"))
	if err != nil {
		say("%v", err)
		os.Exit(1)
	}
	send := func(format string, args ...any) { _, _ = fmt.Fprintf(conn, format+"\n", args...) }
	send(`{"id":1,"op":"hello","version":1}`)
	if !does("quiet") {
		send(`{"id":2,"op":"place","handles":true}`)
		send(`{"id":3,"op":"lease","name":"job"}`)
	}
	if !does("nowhere") {
		l, err := net.Listen("tcp4", os.Args[1])
		if err != nil {
			say("%v", err)
			os.Exit(1)
		}
		go func() { _ = http.Serve(l, nil) }()
	}
	if does("dies") {
		go func() { went(); _ = syscall.Kill(os.Getpid(), syscall.SIGKILL) }()
	}
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		var m struct {
			Event, State, Error string
			Seq                 int
		}
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil || m.Error != "" {
			say("is told %s", lines.Text())
		}
		switch m.Event {
		case "place":
			say("is %s", m.State)
		case "granted":
			say("has the lease")
		case "revoke":
			if !does("keeps") {
				say("gives the lease back")
				send(`{"id":3,"op":"release"}`)
			}
		case "drained":
			say("has drained")
		}
		if m.Event == "drained" || m.State == "held" || m.State == "draining" {
			if m.Event == "drained" && does("stays") {
				went()
				say("is done")
			}
			send(`{"id":2,"op":"done","seq":%d}`, m.Seq)
		}
	}
	say("is disconnected")
	os.Exit(5)
}
