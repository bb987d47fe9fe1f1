package main

import (
	"errors"
	"os"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/upgrade"
)

// spoilAsAsked lets each part of hotswap fail to freeze while a file "spoiled" names it. If that names "child", the
// child of an upgrade ends before it has read anything, and if it names "heir", when its generation starts.
func spoilAsAsked(parts []upgrade.Part) {
	for i := range parts {
		freeze := parts[i].Freeze
		if freeze == nil { // the part is a value
			freeze = func() (any, []int, error) { return parts[i].State, nil, nil }
		}
		parts[i].Freeze = func() (any, []int, error) {
			state, fds, err := freeze()
			if err == nil && spoiled() == parts[i].Name {
				err = errors.New(parts[i].Name + " does not freeze")
			}
			return state, fds, err
		}
	}
	if spoiled() == "heir" {
		os.Exit(9)
	}
}

// spoiled returns what the file names.
func spoiled() string {
	text, _ := os.ReadFile("spoiled")
	return strings.TrimSpace(string(text))
}
