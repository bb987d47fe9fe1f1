package once

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Home returns the directory in which tasks are remembered, whether or not there is one.
func Home() (string, error) {
	base := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(base) { // by the specification a relative path counts as unset
		user, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		base = filepath.Join(user, ".local", "state")
	}
	return filepath.Join(base, "hotswap", "tasks"), nil
}

// home returns Home and creates it, with mode 0700 as the XDG Base Directory Specification
// asks for.
func home() (string, error) {
	path, err := Home()
	if err != nil {
		return "", err
	}
	if err := mayCreate(path); err != nil {
		return "", err
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return "", err
	}
	for _, dir := range []string{filepath.Dir(path), path} {
		if err := private(dir); err != nil {
			return "", err
		}
	}
	return path, nil
}

// mayCreate returns why the path is not a place for this user's files. After su or sudo the
// environment may name another user's home, in which root must not leave its own files.
func mayCreate(path string) error {
	for ; ; path = filepath.Dir(path) {
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) && path != filepath.Dir(path) {
			continue
		}
		if err != nil {
			return err
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Geteuid() && st.Uid != 0 {
			return fmt.Errorf("%s: belongs to another user", path)
		}
		return nil
	}
}

// private returns why others may change what is in the directory.
func private(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok || int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("%s: not a directory of this user", path)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s: others may write into it", path)
	}
	return nil
}
