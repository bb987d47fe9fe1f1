//go:build linux

package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// selfWriter is a server that writes files of its own project.
//
//	demo-writer ADDR start FILE    writes FILE at each start and for each request, another text each time
//	demo-writer ADDR keep FILE     reads FILE at each start, and writes FILE for each request
//	demo-writer ADDR hold FILE     holds FILE open and writes it for each request
func selfWriter() {
	addr, mode, file := os.Args[1], os.Args[2], os.Args[3]
	var f *os.File
	var err error
	write := func() error { return os.WriteFile(file, strconv.AppendInt(nil, time.Now().UnixNano(), 10), 0o644) }
	switch mode {
	case "start":
		err = write()
	case "keep":
		_, err = os.ReadFile(file)
	default:
		f, err = os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o644)
	}
	var requests atomic.Int64
	if err == nil {
		err = http.ListenAndServe(addr, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			n := requests.Add(1)
			if f != nil {
				_, _ = f.WriteAt(strconv.AppendInt(nil, time.Now().UnixNano(), 10), 0)
			} else {
				_ = write()
			}
			fmt.Fprintf(w, "generation %s, request %d", os.Getenv("HOTSWAP_GENERATION"), n)
		}))
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// save FROM TO: puts a copy in the place of a file, at once, as most editors do. cp empties the file
// first, and on a busy machine hotswap may swap for the empty file, too.
func save(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.CreateTemp(filepath.Dir(ts.Getenv("WORK")), "save") // outside of what is watched
	ts.Check(err)
	_, err = f.WriteString(ts.ReadFile(args[0]))
	ts.Check(errors.Join(err, f.Chmod(0o644), f.Close(), os.Rename(f.Name(), ts.MkAbs(args[1]))))
}

// saves N FILE: saves it N times, each as soon as the version before is served, as
// an editor may that saves by itself. None may be held back, or taken for the program's.
func saves(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	for i := range n {
		ts.Check(os.WriteFile(filepath.Join(ts.Getenv("WORK"), args[1]), fmt.Appendf(nil, "version %d", i), 0o644))
		waitLine(ts, false, []string{"generation [0-9]+ serves .* " + args[1]})
	}
}
