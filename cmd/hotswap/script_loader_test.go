package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/handoff/runtime/wire"
)

// loader is a server with an adapter in it, see the protocol of handoff/node: it
// says that it has loaded the files which the file named by $LOADS names.
//
//	demo-loader ADDR
//	demo-loader -       serves nobody
func loader() {
	addr, list := os.Args[1], os.Getenv("LOADS")
	if addr == "-" {
		tell(0, list)
		os.Exit(1)
	}
	l, err := net.Listen("tcp", addr)
	if err == nil {
		go tell(l.Addr().(*net.TCPAddr).Port, list)
		err = http.Serve(l, http.NotFoundHandler())
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// tell is the adapter.
func tell(port int, list string) {
	conn, err := net.Dial("unix", os.Getenv(wire.Variable))
	if err != nil {
		return
	}
	say := func(m map[string]any) {
		b, _ := json.Marshal(m)
		_, _ = conn.Write(append(b, '\n'))
	}
	say(map[string]any{"type": "hello", "version": 1, "pid": os.Getpid(), "began": time.Now().UnixMilli()})
	if port != 0 {
		say(map[string]any{"type": "listening", "port": port})
	}
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		var order struct {
			Type string
			Seq  int
		}
		_ = json.Unmarshal(lines.Bytes(), &order)
		switch order.Type {
		case "files":
			var files []node.File
			b, _ := os.ReadFile(list)
			for name := range strings.FieldsSeq(string(b)) {
				path, _ := filepath.Abs(name)
				files = append(files, node.File{Path: path, Kind: node.CommonJS})
			}
			say(map[string]any{"type": "files", "seq": order.Seq, "files": files, "done": true, "exact": true})
		case "drain", "look":
			say(map[string]any{"type": "state", "seq": order.Seq})
		}
	}
}
