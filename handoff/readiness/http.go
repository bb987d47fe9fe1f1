package readiness

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// maxBody is how much of an answer is read, so that most programs can finish it.
const maxBody = 64 << 10

// HTTP returns a source that is ready when the generation answers the question u, which people know as shown, with a
// status from 200 to 399. connect makes a connection each time. For the time of probation it is asked on.
func HTTP(u *url.URL, shown string, connect Connector, probation time.Duration) handoff.Transport {
	try := func(ctx context.Context, gen handoff.GenID) error {
		ctx, cancel := context.WithTimeout(ctx, wait.Work)
		defer cancel()
		client := http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &http.Transport{
				DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
					return connect(ctx, gen)
				},
				TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // see the package comment
				DisableKeepAlives: true,
			},
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
		if err != nil {
			return err
		}
		req.Header.Set("User-Agent", "hotswap")
		res, err := client.Do(req)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return fmt.Errorf("%s did not answer within %v", shown, wait.Work)
		case errors.Is(err, errNotThere):
			return errors.Unwrap(err) // without the method and URL
		case err != nil:
			return fmt.Errorf("%s: %s", shown, reason(errors.Unwrap(err)))
		}
		defer res.Body.Close()
		defer time.AfterFunc(wait.Person, cancel).Stop() // a stream has no end
		_, _ = io.CopyN(io.Discard, res.Body, maxBody)
		if res.StatusCode < 200 || res.StatusCode > 399 {
			err = fmt.Errorf("%s answered %d", shown, res.StatusCode)
			if gen > 1 {
				err = fmt.Errorf("%w; what the program asks of its own address, the older version answers", err)
			}
			return err
		}
		return nil
	}
	return &source{question: shown + " has not been answered", try: try, again: probation}
}
