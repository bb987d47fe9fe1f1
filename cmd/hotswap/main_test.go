//go:build linux

package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/upgrade"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// beHotswapEnv makes this test binary hotswap, and its children too: the doctor's
// server is the same binary.
const beHotswapEnv = "HOTSWAP_TEST_BE_HOTSWAP"

// beShellEnv makes this test binary a shell with job control.
const beShellEnv = "HOTSWAP_TEST_BE_SHELL"

// beShell is set where there are terminals to test.
var (
	beShell = func(string) {}
	beRaw   = func() {}
)

// beHotswap is hotswap, in surroundings that the environment asks for.
func beHotswap() {
	if err := forbidAsAsked(); err != nil {
		fmt.Fprintln(os.Stderr, "prepare:", err)
		os.Exit(exit.CodeSoftware)
	}
	if os.Getenv("HOTSWAP_UPGRADES") != "" && spoiled() == "child" {
		os.Exit(9)
	}
	if port := os.Getenv("HOTSWAP_TEST_LIVEPORT"); port != "" {
		liveAddress = "127.0.0.1:" + port
	}
	upgrade.Spoil = spoilAsAsked
	os.Exit(run(os.Args, os.Stdin, os.Stdout, os.Stderr))
}

// tests run where this process was not started to be a program of a script.
type tests struct{ *testing.M }

func (t tests) Run() int {
	testkit.Alone()
	// Scripts mostly wait. The flag -parallel still counts, for it is read later.
	_ = flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0)))
	return t.M.Run()
}

// TestMain is hotswap itself or what stands around it, if this process was started to be one, and else runs the tests.
func TestMain(m *testing.M) {
	if start, ok := os.LookupEnv(beShellEnv); ok {
		beShell(start)
		os.Exit(0)
	}
	if os.Getenv("HOTSWAP_TEST_BE_RAW") != "" {
		beRaw()
	}
	if os.Getenv(beHotswapEnv) != "" {
		beHotswap()
	}
	_ = os.Setenv("GORACE", "atexit_sleep_ms=0") // else every process of ours takes a second to end
	testscript.Main(tests{m}, programs())
}
