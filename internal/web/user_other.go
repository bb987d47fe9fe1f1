//go:build !linux

package web

import "net/http"

// SameUser returns false: nothing says here whose a connection is.
func SameUser(*http.Request) bool { return false }
