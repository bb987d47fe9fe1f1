package handoff

import (
	"os"
	"slices"
	"strconv"
	"strings"
)

// nameless says whether the kernel gives uid to the files of all users that this
// process's user namespace does not have (user_namespaces(7), "Unmapped user and group
// IDs"). A namespace that has all users has no such files.
func nameless(uid uint32) bool {
	overflow, err := os.ReadFile("/proc/sys/kernel/overflowuid")
	if err != nil || strings.TrimSpace(string(overflow)) != strconv.FormatUint(uint64(uid), 10) {
		return false
	}
	has, err := os.ReadFile("/proc/self/uid_map")
	return err == nil && !slices.Equal(strings.Fields(string(has)), []string{"0", "0", "4294967295"})
}
