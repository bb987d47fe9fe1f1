package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// How an editor saves.
const (
	inPlace = "write"  // truncates and writes
	renamed = "rename" // writes beside the file and renames
)

// savedLine is what a save changes in a file of program.edited.
var savedLine = regexp.MustCompile(`(\b[Ss]aved = )\d+`)

// save writes the next version and returns the time of the save's end.
func (p *process) save(of program) (style string, ended time.Time, err error) {
	p.version++
	p.saves++
	file, text := filepath.Join(p.dir, of.source), of.version(p.version, time.Now().UnixNano())
	if n := len(of.edited); n > 0 {
		file = filepath.Join(p.dir, of.edited[p.saves/2%n])
		if text, err = os.ReadFile(file); err != nil {
			return "", time.Time{}, err
		}
		text = savedLine.ReplaceAll(text, fmt.Appendf(nil, "${1}%d", p.version))
	}
	if style = inPlace; p.saves%2 == 0 && p.contender.inPlace == "" {
		style = renamed
		err = errors.Join(os.WriteFile(file+"~", text, 0o644), os.Rename(file+"~", file))
	} else {
		err = os.WriteFile(file, text, 0o644)
	}
	return style, time.Now(), err
}
