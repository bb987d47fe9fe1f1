package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// watchingCompiler copies a file to another each time it has changed, and says then that it has compiled it, or that
// something is wrong with one that begins with "bad".
func watchingCompiler() {
	from, to, was := os.Args[1], os.Args[2], ""
	for ; ; time.Sleep(20 * time.Millisecond) { // a pace, without processes that come and go
		is, err := os.ReadFile(from)
		if err != nil || string(is) == was || len(is) == 0 {
			continue
		}
		was = string(is)
		_ = os.MkdirAll(filepath.Dir(to), 0o755)
		if err := os.WriteFile(to, is, 0o644); err != nil {
			panic(err)
		}
		if is[0] == 'b' {
			fmt.Printf("\x1b[31mwrong\x1b[0m: %s", is)
		} else {
			fmt.Println("compiled")
		}
	}
}
