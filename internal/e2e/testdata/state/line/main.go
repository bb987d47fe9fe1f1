// The same as line.mjs in Go.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/hotswap-dev/hotswap/child"
)

func main() {
	go func() { log.Fatal(child.Lease(context.Background(), "line", ask)) }()
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), http.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, os.Getpid()) })))
}

func ask(ctx context.Context) error {
	conn, err := child.KeptConn("line")
	if errors.Is(err, child.ErrNotFound) {
		conn, err = net.Dial("tcp4", "127.0.0.1:"+os.Getenv("LINE_PORT"))
		if err == nil {
			err = child.Keep("line", conn.(*net.TCPConn))
		}
	}
	if err != nil {
		return err
	}
	defer conn.Close() // its own side of it: the connection goes on
	lines := bufio.NewReader(conn)
	sync := fmt.Sprintf("sync %d", os.Getpid())
	fmt.Fprintln(conn, sync)
	for line := ""; strings.TrimSpace(line) != sync; {
		if line, err = lines.ReadString('\n'); err != nil {
			return err
		}
	}
	got, err := os.OpenFile(os.Getenv("GOT"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer got.Close()
	for ctx.Err() == nil {
		fmt.Fprintln(conn, "next")
		line, err := lines.ReadString('\n')
		if err != nil {
			return err
		}
		if _, err := got.WriteString(line); err != nil {
			return err
		}
	}
	return nil
}
