package once

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/internal/regular"
)

const (
	// maxTasks limits the tasks that are remembered for a project. The oldest is forgotten.
	maxTasks = 64
	// maxMemory exceeds a file with maxTasks tasks and the longest path (PATH_MAX).
	maxMemory = 64 << 10
	// format changes when older files cannot be read any more.
	format = 1
)

// memory is what is remembered of a project.
type memory struct {
	Format  int      `json:"format"`
	Project string   `json:"project"` // the folder
	Folder  identity `json:"folder"`
	Tasks   []entry  `json:"tasks"`
}

// entry is a task that has succeeded.
type entry struct {
	Command string    `json:"command"` // its digest
	Inputs  string    `json:"inputs"`  // their digest
	At      time.Time `json:"at"`
}

var (
	errMemory = errors.New("not a file about tasks")
	hexDigest = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// parse reads the bytes of a file.
func parse(b []byte) (m memory, err error) {
	if len(b) > maxMemory {
		return memory{}, fmt.Errorf("%w: more than %d bytes", errMemory, maxMemory)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	if err := d.Decode(&m); err != nil {
		return memory{}, fmt.Errorf("%w: %w", errMemory, err)
	}
	if d.More() || m.Format != format || !filepath.IsAbs(m.Project) || len(m.Tasks) > maxTasks {
		return memory{}, errMemory
	}
	for i, e := range m.Tasks {
		if !hexDigest.MatchString(e.Command) || !hexDigest.MatchString(e.Inputs) ||
			slices.ContainsFunc(m.Tasks[:i], func(o entry) bool { return o.Command == e.Command }) {
			return memory{}, errMemory
		}
	}
	return m, nil
}

// read reads a file. Without one, nothing is remembered.
func read(path string) (memory, error) {
	b, err := regular.Text(path)
	if errors.Is(err, fs.ErrNotExist) {
		return memory{}, nil
	}
	if err != nil {
		return memory{}, err
	}
	return parse(b)
}

// write replaces a file. The task has run, and the next hotswap relies on the file, so it
// is synced, and then the directory that has its name.
func write(path string, m memory) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	beside := path + ".new" // the lock's holder alone writes it
	if err := writeSynced(beside, append(b, '\n')); err != nil {
		_ = os.Remove(beside)
		return err
	}
	if err := rename(beside, path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// rename is replaced by a test.
var rename = os.Rename

func writeSynced(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// inputs returns the digest with which a command has last succeeded; "": it never has.
func (m *memory) inputs(command string) string {
	for _, e := range m.Tasks {
		if e.Command == command {
			return e.Inputs
		}
	}
	return ""
}

// remember notes a success.
func (m *memory) remember(e entry) {
	m.Tasks = slices.DeleteFunc(m.Tasks, func(o entry) bool { return o.Command == e.Command })
	m.Tasks = append(m.Tasks, e)
	if len(m.Tasks) > maxTasks {
		m.Tasks = slices.Delete(m.Tasks, 0, len(m.Tasks)-maxTasks)
	}
}
