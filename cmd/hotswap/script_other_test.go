//go:build !linux

package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// kill-with-keepers: there are none here, and no script runs.
func killWithKeepers(*testscript.TestScript, bool, []string) {}

func recorded(*testscript.TestScript, bool, []string) {}

func trace(*testscript.TestScript, bool, []string)   {}
func untrace(*testscript.TestScript, bool, []string) {}

func openManager(*testscript.TestScript, bool, []string) {}
func toldManager(*testscript.TestScript, bool, []string) {}

func setFreePort(*testing.T) func(*testscript.TestScript, bool, []string) { return nil }
