//go:build (linux || darwin) && !386

package net

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	_ "unsafe" // for linkname: net/http calls these functions, too
)

const hotswapRoom = 1 << 20 // bytes of a line, and of lines that wait to be sent

// hotswapLink is the program's one link to hotswap. handoff/runtime/wire has the protocol.
type hotswapLink struct {
	obeying sync.Mutex                  // held while a line is obeyed; guards what follows
	conn    *UnixConn                   // constant once it is not nil
	order   string                      // the newest of a drain's; "": hotswap has gone
	obey    []func(line string, fd int) // of net, and of net/http

	sending sync.Mutex // guards what follows
	out     []byte     // lines that wait until hotswap reads; some may stay when it has gone
}

var hotswapWire = hotswapLink{order: `{"type":"resume"}`}

// hotswapJoin has a function called with each line of hotswap's, with the descriptor that came with it, or -1, and with
// "" when hotswap has gone: at once with the newest order of a drain. It reports whether the program is below hotswap.
//
//go:linkname hotswapJoin
func hotswapJoin(obey func(line string, fd int)) bool {
	w := &hotswapWire
	w.obeying.Lock()
	defer w.obeying.Unlock()
	if path := os.Getenv("HOTSWAP_WIRE"); path != "" && w.conn == nil {
		conn, err := DialUnix("unix", nil, &UnixAddr{Name: path, Net: "unix"})
		if err != nil {
			return false
		}
		w.conn = conn
		hotswapSay(`{"type":"hello","version":1,"pid":%d,"files":false}`, os.Getpid())
		go w.read()
	}
	w.obey = append(w.obey, obey)
	obey(w.order, -1)
	return w.conn != nil
}

// hotswapSay sends a line, or has it wait until hotswap reads.
//
//go:linkname hotswapSay
func hotswapSay(format string, args ...any) {
	w := &hotswapWire
	w.sending.Lock()
	defer w.sending.Unlock()
	w.send(fmt.Appendf(nil, format+"\n", args...))
}

// hotswapGive sends a line with a descriptor, and reports whether it has. The line never waits.
//
//go:linkname hotswapGive
func hotswapGive(fd int, line []byte) (sent bool) {
	w := &hotswapWire
	w.sending.Lock()
	defer w.sending.Unlock()
	if len(w.out) > 0 {
		return false
	}
	w.conn.fd.pfd.RawControl(func(link uintptr) {
		n, err := syscall.SendmsgN(int(link), line, syscall.UnixRights(fd), nil, syscall.MSG_DONTWAIT)
		sent = err == nil
		if sent {
			w.send(line[n:])
		}
	})
	return sent
}

// send sends a text, or has it wait. w.sending is held.
func (w *hotswapLink) send(text []byte) {
	waits := len(w.out) > 0
	w.out = append(w.out, text...)
	flush := func(link uintptr) bool {
		n, _ := syscall.Write(int(link), w.out)
		w.out = w.out[max(n, 0):]
		return len(w.out) == 0
	}
	pfd := &w.conn.fd.pfd
	if !waits {
		pfd.RawControl(func(link uintptr) {
			if !flush(link) {
				go pfd.RawWrite(func(link uintptr) bool {
					w.sending.Lock()
					defer w.sending.Unlock()
					return flush(link)
				})
			}
		})
	} else if len(w.out) > hotswapRoom {
		w.conn.Close() // read hears it
		w.out = nil
	}
}

// read obeys hotswap until the link ends, and with it every order.
func (w *hotswapLink) read() {
	var text string
	var fds []int
	b, oob := make([]byte, 1<<16), make([]byte, syscall.CmsgSpace(16*4))
	for {
		n, on, flags, _, err := w.conn.ReadMsgUnix(b, oob)
		if messages, err := syscall.ParseSocketControlMessage(oob[:on]); err == nil {
			for i := range messages {
				more, _ := syscall.ParseUnixRights(&messages[i])
				fds = append(fds, more...)
			}
		}
		if flags&syscall.MSG_CTRUNC != 0 { // this process may open no more
			fds = append(fds, -1)
		}
		text += string(b[:max(n, 0)])
		if err != nil || n <= 0 || len(text) > hotswapRoom || len(fds) > 16 {
			break
		}
		for line, rest, ok := strings.Cut(text, "\n"); ok; line, rest, ok = strings.Cut(text, "\n") {
			text = rest
			fd := -1
			var m struct{ Type string }
			json.Unmarshal([]byte(line), &m)
			switch m.Type {
			case "conn", "take", "socket", "go":
				if len(fds) > 0 {
					fd, fds = fds[0], fds[1:]
				}
			}
			w.obeying.Lock()
			if m.Type == "drain" || m.Type == "resume" {
				w.order = line
			}
			for _, obey := range w.obey {
				obey(line, fd)
			}
			w.obeying.Unlock()
		}
	}
	w.conn.Close()
	for _, fd := range fds {
		syscall.Close(fd)
	}
	w.obeying.Lock()
	defer w.obeying.Unlock()
	w.order = ""
	for _, obey := range w.obey {
		obey("", -1)
	}
}
