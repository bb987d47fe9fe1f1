package main

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

// selfWriter is a server that writes files of its own project.
//
//	demo-writer ADDR start FILE    writes FILE at each start, another text each time
//	demo-writer ADDR hold FILE     holds FILE open and writes it for each request
func selfWriter() {
	addr, mode, file := os.Args[1], os.Args[2], os.Args[3]
	var f *os.File
	var err error
	if mode == "start" {
		err = os.WriteFile(file, []byte(strconv.FormatInt(time.Now().UnixNano(), 10)), 0o644)
	} else {
		f, err = os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o644)
	}
	var requests atomic.Int64
	if err == nil {
		err = http.ListenAndServe(addr, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			n := requests.Add(1)
			if f != nil {
				_, _ = f.WriteAt(strconv.AppendInt(nil, time.Now().UnixNano(), 10), 0)
			}
			fmt.Fprintf(w, "generation %s, request %d", os.Getenv("HOTSWAP_GENERATION"), n)
		}))
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
