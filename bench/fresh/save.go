package fresh

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
	InPlace = "write"  // truncates and writes
	Renamed = "rename" // writes beside the file and renames
)

// SavedLine is what a save changes in a file of program.edited.
var SavedLine = regexp.MustCompile(`(\b[Ss]aved = )\d+`)

// Save writes the next version and returns the time of the save's end.
func (p *Process) Save(of Program) (style string, ended time.Time, err error) {
	p.Version++
	p.Saves++
	file, text := filepath.Join(p.Dir, of.source), of.version(p.Version, time.Now().UnixNano())
	if n := len(of.Edited); n > 0 {
		file = filepath.Join(p.Dir, of.Edited[p.Saves/2%n])
		text, err = os.ReadFile(file)
		if err != nil {
			return "", time.Time{}, err
		}
		text = SavedLine.ReplaceAll(text, fmt.Appendf(nil, "${1}%d", p.Version))
	}
	style = InPlace
	if p.Saves%2 == 0 && p.contender.InPlace == "" {
		style = Renamed
		err = errors.Join(os.WriteFile(file+"~", text, 0o644), os.Rename(file+"~", file))
	} else {
		err = os.WriteFile(file, text, 0o644)
	}
	return style, time.Now(), err
}
