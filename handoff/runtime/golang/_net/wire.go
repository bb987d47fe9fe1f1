//go:build (linux || darwin) && !386

package net

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"syscall"
	_ "unsafe" // for linkname: net/http calls these functions, too
)

const hotswapRoom = 1 << 20 // bytes of a line

// hotswapDial connects to hotswap; nil: the program is not below it. handoff/runtime/wire has the protocol.
//
//go:linkname hotswapDial
func hotswapDial() *UnixConn {
	path := os.Getenv("HOTSWAP_WIRE")
	if path == "" {
		return nil
	}
	link, err := DialUnix("unix", nil, &UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil
	}
	link.Write([]byte(`{"type":"hello","version":1,"pid":` + strconv.Itoa(os.Getpid()) + `,"files":false}` + "\n"))
	return link
}

// hotswapRead calls obey with each line of hotswap's, and the descriptor that came with it, or -1, until the connection ends.
//
//go:linkname hotswapRead
func hotswapRead(link *UnixConn, obey func(line string, fd int)) {
	var text string
	var fds []int
	b, oob := make([]byte, 1<<16), make([]byte, syscall.CmsgSpace(16*4))
	for {
		n, on, flags, _, err := link.ReadMsgUnix(b, oob)
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
			obey(line, fd)
		}
	}
	link.Close()
	for _, fd := range fds {
		syscall.Close(fd)
	}
}
