package golang

import (
	"bufio"
	"bytes"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"

	"github.com/hotswap-dev/hotswap/internal/regular"
)

// Program is what a compiled Go program has of the adapter.
type Program struct {
	Go    string // the version
	Asks  bool   // for its listening sockets
	Moves bool   // the connections of net/http, too
}

// Inspect reads a program's file, whatever that is. The table of functions, which a stripped program has, too, has
// their names between zeros.
func Inspect(path string) (p Program, err error) {
	f, err := regular.Open(path)
	if err != nil {
		return p, err
	}
	defer f.Close()
	info, err := buildinfo.Read(f)
	if err != nil {
		return p, fmt.Errorf("%s is no Go program, or a packed one: %w", path, err)
	}
	p.Go = info.GoVersion
	for in := bufio.NewReader(f); err == nil || errors.Is(err, bufio.ErrBufferFull); {
		var name []byte
		name, err = in.ReadSlice(0)
		switch string(bytes.TrimSuffix(name, []byte{0})) {
		case "net.hotswapJoin":
			p.Asks = true
		case "net/http.hotswapBegin":
			p.Moves = true
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return p, err
}
