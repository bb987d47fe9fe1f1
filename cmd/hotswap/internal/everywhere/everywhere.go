// Package everywhere lists and stops all hotswaps of this user. It asks them side by side: one that does not answer
// holds no other up.
package everywhere

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/instance"
	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/record"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/usage"
)

// listed is a hotswap in the list of all that run.
type listed struct {
	PID     int      `json:"pid"`
	Name    string   `json:"name,omitempty"`
	Dir     string   `json:"dir"`
	Branch  string   `json:"branch,omitempty"` // or the start of a commit's name; "": no work tree of git
	Command []string `json:"command"`
	URL     string   `json:"url,omitempty"`
	State   string   `json:"state"`
	Memory  uint64   `json:"memory,omitempty"` // of hotswap and its processes, in bytes
}

// longest bounds a text in a row of the list, in bytes.
const longest = 200

// List prints a row for each hotswap, or a JSON array.
func List(ctx context.Context, out io.Writer, asJSON bool) error {
	all, err := instance.Each(func(r record.Record) listed {
		ctx, cancel := context.WithTimeout(ctx, wait.Reply)
		defer cancel()
		st := report.Status{State: "not answering"}
		_ = control.NewClient(r.Control).Status(ctx, &st) // without an answer the row says so
		return listed{r.PID, r.Name, r.Dir, instance.Branch(r.Dir), r.Command, st.URL, st.State,
			usage.MemoryOf(append(proc.Descendants(r.PID), r.PID))}
	})
	if err != nil {
		return err
	}
	if asJSON {
		return human.JSON(out, all)
	}
	for _, l := range all {
		_, err = fmt.Fprintln(out, human.Dots(place(l.Dir, l.Name), plain.Short(l.Branch, longest), l.State,
			plain.Short(strings.Join(l.Command, " "), longest), l.URL,
			human.Iff(l.Memory > 0, "%d MB", l.Memory>>20), fmt.Sprintf("process %d", l.PID)))
	}
	return err
}

// place names a hotswap in its folder.
func place(dir, name string) string {
	return plain.Short(dir, longest) + human.If(name != "", " ("+plain.Short(name, longest)+")")
}

// Stop stops each hotswap, and prints a line for each that has stopped.
func Stop(ctx context.Context, out io.Writer) error {
	all, err := instance.Each(func(r record.Record) string {
		client, ended := control.NewClient(r.Control), instance.WatchEnd(r.PID)
		soon, cancel := context.WithTimeout(ctx, wait.Reply)
		defer cancel()
		err := client.Answers(soon)
		if err == nil {
			_, err = client.Command(ctx, "stop")
		}
		dir := place(r.Dir, r.Name)
		if err != nil {
			return fmt.Sprintf("%s: %v", dir, instance.Asked(client, err))
		}
		ended()
		fmt.Fprintf(out, "%s: stopped\n", dir)
		return ""
	})
	failed := slices.DeleteFunc(all, func(text string) bool { return text == "" })
	if err == nil && len(failed) > 0 {
		err = exit.Unavailablef("%s", strings.Join(failed, "; "))
	}
	return err
}
