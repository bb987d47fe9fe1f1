//go:build unix

package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/bench/fresh"
	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// stack is a project of bench/stacks: what its stack.json says, or its NAME.stack.json if the folder has several.
type stack struct {
	Name string `json:"-"` // that of the file, or of the folder
	dir  string

	Title   string   `json:"title"`
	Needs   []string `json:"needs"`   // a command that succeeds where the project can run
	Prepare []string `json:"prepare"` // a command that builds the project once
	Hotswap []string `json:"hotswap"` // hotswap's own arguments
	Command []string `json:"command"` // below hotswap; PORT stands for the port
	Env     []string `json:"env"`

	// Saves are the files that saves change in turns, each in the line with "saved =".
	Saves []string `json:"saves"`

	// Check is a command that runs in the project beside the saves, with PORT in its environment. When its standard
	// input ends it says in a line what it saw, and fails if something was lost or began without a save.
	Check []string `json:"check"`

	// Rivals are watchers. The limit is about the first one.
	Rivals []rival `json:"rivals"`

	// Limit is the largest ratio of hotswap's worst run to the first rival. Default: 0.15.
	Limit float64 `json:"limit"`

	NoStream string `json:"no_stream"` // why the program has no event stream
}

// rival is a watcher that people use for this stack.
type rival struct {
	Name     string   `json:"name"`
	Command  []string `json:"command"`
	Env      []string `json:"env"`
	InPlace  string   `json:"in_place"`  // why each save writes in place
	NoStream string   `json:"no_stream"` // why it gets no event stream
}

func stacksFolder() string { return filepath.Join(e2etest.Root(), "bench", "stacks") }

// readStacks returns the stacks of these names, or all.
func readStacks(names []string) (all []*stack, err error) {
	files, err := filepath.Glob(filepath.Join(stacksFolder(), "*", "*stack.json"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		s := &stack{dir: filepath.Dir(file), Limit: 0.15}
		s.Name = cmp.Or(strings.TrimSuffix(strings.TrimSuffix(filepath.Base(file), "stack.json"), "."),
			filepath.Base(s.dir))
		if len(names) > 0 && !slices.Contains(names, s.Name) {
			continue
		}
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		if err := d.Decode(s); err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		if len(s.Command) == 0 || len(s.Saves) == 0 || len(s.Rivals) == 0 {
			return nil, fmt.Errorf("%s needs command, saves and rivals", file)
		}
		all = append(all, s)
	}
	if len(all) < len(names) {
		return nil, fmt.Errorf("bench/stacks has only %d of the stacks %q", len(all), names)
	}
	if len(names) > 0 {
		slices.SortFunc(all, func(a, b *stack) int { return slices.Index(names, a.Name) - slices.Index(names, b.Name) })
	}
	return all, nil
}

func (s *stack) program() fresh.Program {
	return fresh.Program{Name: s.Name, Title: s.Title, Edited: s.Saves}
}

// contenders returns hotswap and the rivals.
func (s *stack) contenders() []fresh.Contender {
	all := []fresh.Contender{{Name: "hotswap", Hotswap: append([]string{}, s.Hotswap...), Command: s.Command,
		Env: s.Env, NoStream: s.NoStream}}
	for _, r := range s.Rivals {
		c := fresh.Contender{Name: r.Name, Command: r.Command, Env: slices.Concat(s.Env, r.Env), InPlace: r.InPlace,
			NoStream: s.NoStream}
		if r.NoStream != "" {
			c.NoStream = r.NoStream
		}
		all = append(all, c)
	}
	return all
}

// install installs the packages of npm if they are not there.
func install(dir string) error {
	_, locked := os.Stat(filepath.Join(dir, "package-lock.json"))
	_, installed := os.Stat(filepath.Join(dir, "node_modules"))
	if locked != nil || installed == nil {
		return nil
	}
	return execute(dir, "npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
}

// execute runs a command in dir. The error has its output.
func execute(dir string, argv ...string) error {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%q: %w\n%s", argv, err, out)
	}
	return nil
}

// copy makes a copy of the project with its packages, and builds it. The files of packages
// are hard links where the file system allows that.
func (s *stack) copy(dir string) error {
	source := s.dir
	if err := install(source); err != nil {
		return err
	}
	if err := (fresh.Contender{Needs: s.Needs}).Missing(); err != nil {
		return err
	}
	entries, err := os.ReadDir(source)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, e := range entries {
		from := filepath.Join(source, e.Name())
		switch {
		case strings.HasSuffix(e.Name(), "stack.json"):
			continue
		case e.Name() == "node_modules":
			if exec.Command("cp", "-al", from, dir).Run() == nil {
				continue
			}
		}
		if err := execute(source, "cp", "-a", from, dir); err != nil {
			return err
		}
	}
	if len(s.Prepare) == 0 {
		return nil
	}
	return execute(dir, s.Prepare...)
}
