package setup

import (
	"os"
	"path/filepath"
	"strings"

	yamlfile "github.com/hotswap-dev/hotswap/cmd/hotswap/internal/project"
)

// ProgramOf returns the arguments by which hotswap runs a line of shell, or without a line the script of dir. None
// leaves it to hotswap.yaml, or to hotswap to say what to write.
func ProgramOf(dir, line string) []string {
	if line == "" {
		if _, err := os.Stat(filepath.Join(dir, yamlfile.Name)); err == nil {
			return nil
		}
		before, after, is := strings.Cut(Line(os.DirFS(dir)), "hotswap -- ")
		if is {
			line = before + after
		}
	}
	if strings.TrimSpace(line) == "" {
		return nil
	}
	return append([]string{"--"}, yamlfile.Split(line)...)
}
