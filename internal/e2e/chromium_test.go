//go:build linux

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// beginChromium starts a headless browser, which ends with the test.
func beginChromium(t *testing.T, args ...string) *testkit.Process {
	t.Helper()
	// Without a network it must not look for one, and root has no sandbox.
	return bare(t, "", nil, append([]string{"chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--user-data-dir=" + t.TempDir()}, args...)...)
}

// tab is a page in a headless browser that nobody touches but the test.
type tab struct {
	t *testing.T
	*cdp
}

var devTools = regexp.MustCompile(`ws://([^/]+)/`)

// openTab opens a browser at an empty page.
func openTab(t *testing.T) *tab {
	t.Helper()
	browser := beginChromium(t, "--remote-debugging-port=0", "about:blank")
	at := devTools.FindStringSubmatch(browser.Sees("DevTools listening on"))
	var c *cdp
	testkit.Eventually(t, func() (err error) {
		c, err = attach(background(t), at[1], false)
		return err
	})
	t.Cleanup(func() { _ = c.conn.CloseNow() })
	return &tab{t, c}
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
