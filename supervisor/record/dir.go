//go:build unix

package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// Home is the directory in which this user's hotswaps are written down, made if
// it is not there: $XDG_RUNTIME_DIR/hotswap; for root /run/hotswap; else
// /tmp/hotswap-UID.
func Home() (Dir, error) {
	var last error
	for _, path := range places() {
		if path == fallback() {
			last = nil
		}
		if err := private(path, true); err != nil {
			last = errors.Join(last, err)
			continue
		}
		return Dir(path), nil
	}
	return "", last
}

// Homes are all directories in which there may be records of this user's: the
// shell of today may have another environment than the one of yesterday.
func Homes() []Dir {
	var out []Dir
	candidates := places()
	if uid := os.Geteuid(); uid != 0 {
		candidates = append(candidates, fmt.Sprintf("/run/user/%d/hotswap", uid))
	}
	for _, path := range candidates {
		if !slices.Contains(out, Dir(path)) && private(path, false) == nil {
			out = append(out, Dir(path))
		}
	}
	return out
}

// places are the directories by preference.
func places() []string {
	var out []string
	// After su the variable may name another user's.
	if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) && owned(dir) == nil {
		out = append(out, filepath.Join(dir, "hotswap"))
	}
	if os.Geteuid() == 0 {
		out = append(out, "/run/hotswap")
	}
	return append(out, fallback())
}

func fallback() string { return "/tmp/hotswap-" + strconv.Itoa(os.Geteuid()) }

// private says why the directory is not this user's alone: in /tmp anybody can
// make one of that name.
func private(path string, create bool) error {
	if create {
		if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	if err := owned(path); err != nil {
		return err
	}
	if info, err := os.Lstat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s: others may enter it", path)
	}
	return nil
}

// owned says why the path is no directory of this user's.
func owned(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); !info.IsDir() || !ok || int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("%s: not a directory of this user", path)
	}
	return nil
}
