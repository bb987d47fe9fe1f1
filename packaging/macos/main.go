// Command macos is what a release has as hotswap for macOS: it prints its version, and says where
// hotswap runs. A team of which some have macOS installs one version of hotswap everywhere.
package main

import (
	"fmt"
	"os"
	"slices"
)

// release is set when a release is built (-ldflags -X).
var release = "of no release"

func main() {
	if slices.Equal(os.Args[1:], []string{"--version"}) {
		fmt.Println("hotswap version", release)
		return
	}
	fmt.Fprintln(os.Stderr, "hotswap: needs the Linux kernel, and this is macOS: run it in your project's container; see https://github.com/hotswap-dev/hotswap/blob/main/docs/install.md#containers")
	os.Exit(69)
}
