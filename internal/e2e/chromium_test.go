//go:build linux

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// beginChromium starts a headless browser, which ends with the test, and returns the file
// of its output. left is called when the browser has ended; nil: nothing is.
func beginChromium(t *testing.T, left func(), args ...string) (output string) {
	t.Helper()
	// Without a network it must not look for one, and root has no sandbox.
	cmd := exec.Command("chromium", append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--user-data-dir=" + t.TempDir()}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // it is many processes
	said, err := os.CreateTemp(t.TempDir(), "chromium")
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		if left != nil {
			left()
		}
		close(done)
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-done
		if t.Failed() {
			b, _ := os.ReadFile(said.Name())
			t.Logf("chromium said:\n%s", b)
		}
	})
	return said.Name()
}

// tab is a page in a headless browser that nobody touches but the test.
type tab struct {
	t *testing.T
	*cdp
}

var devTools = regexp.MustCompile(`DevTools listening on ws://([^/]+)/`)

// openTab opens a browser at an empty page.
func openTab(t *testing.T) *tab {
	t.Helper()
	output := beginChromium(t, nil, "--remote-debugging-port=0", "about:blank")
	var c *cdp
	testkit.Eventually(t, func() (err error) {
		b, _ := os.ReadFile(output)
		m := devTools.FindSubmatch(b)
		if m == nil {
			return errors.New("the browser has no page")
		}
		c, err = attach(background(t), string(m[1]), false)
		return err
	})
	t.Cleanup(func() { _ = c.conn.CloseNow() })
	return &tab{t, c}
}

// visit begins to navigate, as by a link.
func (p *tab) visit(url string) {
	p.t.Helper()
	p.run(fmt.Sprintf("location.href = %q", url))
}

// enter navigates as by the address bar.
func (p *tab) enter(url string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := p.call(ctx, "Page.navigate", map[string]any{"url": url}); err != nil {
		p.t.Fatal(err)
	}
}

// run runs a script in the page.
func (p *tab) run(script string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	b, err := p.call(ctx, "Runtime.evaluate", map[string]any{"expression": script, "returnByValue": true, "userGesture": true})
	var r struct{ ExceptionDetails *struct{ Text string } }
	if err == nil {
		err = json.Unmarshal(b, &r)
	}
	if err == nil && r.ExceptionDetails != nil {
		err = fmt.Errorf("%s", b)
	}
	if err != nil {
		p.t.Fatalf("%s: %v", script, err)
	}
}

// is waits until an expression has this value in the page, which may reload meanwhile.
func (p *tab) is(expression, want string) {
	p.t.Helper()
	testkit.Eventually(p.t, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		got, err := p.evaluate(ctx, expression)
		if err == nil && got != want {
			err = fmt.Errorf("%s is %s, want %s", expression, got, want)
		}
		return err
	})
}
