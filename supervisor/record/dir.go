package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

// Home returns the directory for records of this user's hotswaps and creates it:
// $XDG_RUNTIME_DIR/hotswap; for root /run/hotswap; else /tmp/hotswap-UID. It keeps it there while this process lives.
func Home() (Dir, error) {
	var err error // of the last place
	for _, path := range candidates() {
		err = os.Mkdir(path, 0o700)
		if err != nil && !errors.Is(err, os.ErrExist) {
			continue
		}
		err = private(path)
		if err == nil {
			scratch.Keep(path)
			return Dir(path), nil
		}
	}
	return "", err
}

// Homes returns all directories that may have records of this user, because shells may differ in XDG_RUNTIME_DIR.
func Homes() []Dir {
	var out []Dir
	candidates := candidates()
	if uid := os.Geteuid(); uid != 0 {
		candidates = append(candidates, fmt.Sprintf("/run/user/%d/hotswap", uid))
	}
	for _, path := range candidates {
		if !slices.Contains(out, Dir(path)) && private(path) == nil {
			out = append(out, Dir(path))
		}
	}
	return out
}

// candidates returns the candidates, the preferred one first.
func candidates() []string {
	var out []string
	// After su the variable may name another user's directory, and others may write to some systems' own.
	if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) && scratch.Private(dir) == nil {
		out = append(out, filepath.Join(dir, "hotswap"))
	}
	if os.Geteuid() == 0 {
		out = append(out, "/run/hotswap")
	}
	return append(out, "/tmp/hotswap-"+strconv.Itoa(os.Geteuid()))
}

// private returns why the directory is not private to this user: in /tmp any user can
// create a directory with that name.
func private(path string) error {
	if err := scratch.Private(path); err != nil {
		return err
	}
	if info, err := os.Lstat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s: others may enter it", path)
	}
	return nil
}
