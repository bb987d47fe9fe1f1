package place

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

const (
	typeJSON  = "application/json"
	typeBytes = "application/octet-stream"

	maxTTL = time.Duration(maxMS) * time.Millisecond
)

func (a *httpAnswer) store() *store.Store { return a.ses.of.cfg.Store }

// durable waits until what the answer will say is on the disk.
func (a *httpAnswer) durable() error {
	if err := a.store().SyncFrom(a.r.Context(), a.since); err != nil {
		return fmt.Errorf("the state cannot be written to the disk: %w", err)
	}
	return nil
}

func (a *httpAnswer) get(key string) error {
	if key == "" {
		return store.ErrKey
	}
	wait, err := a.duration("wait", maxWait)
	if err != nil {
		return err
	}
	after, err := strconv.ParseUint(a.query.Get("after"), 10, 64)
	if a.query.Has("after") != (err == nil) || wait > 0 && err != nil {
		return errorf(codeBad, "after: give the version that you know, or 0")
	}
	item, ok := a.store().Get(key)
	if wait > 0 && item.Version == after {
		if item, ok, err = a.await(key, after, wait); err != nil {
			return err
		}
	}
	if err := a.durable(); err != nil {
		return err
	}
	if !ok {
		return errorf(codeNotFound, "the key does not exist")
	}
	a.w.Header().Set("ETag", etag(item.Version))
	if a.query.Has("after") && item.Version == after || a.known(item.Version) {
		a.send(http.StatusNotModified, "", nil)
		return nil
	}
	a.sendItem(item)
	return nil
}

// await waits until the key has another version.
func (a *httpAnswer) await(key string, version uint64, most time.Duration) (item store.Item, ok bool, err error) {
	woken := make(chan struct{}, 1)
	watcher := a.store().Watch(key, false, func() {
		select {
		case woken <- struct{}{}:
		default:
		}
	})
	defer watcher.Close()
	if err = watcher.Err(); err != nil { // the key is too long
		return item, false, err
	}
	_, err = a.wait(most, woken, func() (bool, <-chan struct{}) {
		for more := true; more; {
			_, more = watcher.Next(1)
		}
		a.since = a.store().Mark()
		item, ok = a.store().Get(key)
		return item.Version != version, nil
	})
	if err == nil {
		err = watcher.Err()
	}
	return item, ok, err
}

// known reports whether If-None-Match has the version.
func (a *httpAnswer) known(version uint64) bool {
	for part := range strings.SplitSeq(a.r.Header.Get("If-None-Match"), ",") {
		if part = strings.TrimSpace(part); part == "*" || strings.TrimPrefix(part, "W/") == etag(version) {
			return true
		}
	}
	return false
}

func etag(version uint64) string { return fmt.Sprintf("%q", strconv.FormatUint(version, 10)) }

func (a *httpAnswer) sendItem(item store.Item) {
	if item.Value.JSON == nil {
		a.send(http.StatusOK, typeBytes, item.Value.Bytes)
		return
	}
	a.send(http.StatusOK, typeJSON, append(slices.Clone(item.Value.JSON), '\n')) // curl writes it to a terminal
}

func (a *httpAnswer) put(key string) error {
	v, err := a.value()
	if err != nil {
		return err
	}
	ttl, err := a.duration("ttl", maxTTL)
	if err != nil {
		return err
	}
	want, err := a.ifMatch()
	if err != nil {
		return err
	}
	switch none := a.r.Header.Get("If-None-Match"); {
	case none == "*" && want == nil:
		want = new(uint64)
	case none != "":
		return errorf(codeBad, "If-None-Match: only * is possible here, and not beside If-Match")
	}
	version, err := a.store().Set(key, v, store.Write{TTL: ttl, IfVersion: want})
	if err == nil {
		err = a.durable()
	}
	if err != nil {
		return err
	}
	a.w.Header().Set("ETag", etag(version))
	a.send(http.StatusNoContent, "", nil)
	return nil
}

// value returns the body's value. JSON loses its spaces, because a value is a part of a line.
func (a *httpAnswer) value() (store.Value, error) {
	body, err := io.ReadAll(a.r.Body)
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return store.Value{}, errorf(codeLarge, "the body has more than %d bytes", long.Limit)
	case err != nil:
		return store.Value{}, errorf(codeBad, "the body cannot be read: %v", err)
	}
	if kind, _, _ := mime.ParseMediaType(a.r.Header.Get("Content-Type")); kind == typeBytes {
		return store.Value{Bytes: body}, nil // not nil: ReadAll returns no nil
	}
	var tight bytes.Buffer
	if !utf8.Valid(body) || json.Compact(&tight, body) != nil {
		return store.Value{}, errorf(codeBad, "the body is not JSON; bytes have the type %s", typeBytes)
	}
	return store.Value{JSON: tight.Bytes()}, nil
}

// ifMatch returns the version that the key must have; nil: any.
func (a *httpAnswer) ifMatch() (*uint64, error) {
	given := a.r.Header.Values("If-Match")
	if len(given) == 0 {
		return nil, nil
	}
	text, quoted := strings.CutPrefix(given[0], `"`)
	text, end := strings.CutSuffix(text, `"`)
	version, err := strconv.ParseUint(text, 10, 64)
	if len(given) != 1 || !quoted || !end || err != nil || version == 0 {
		return nil, errorf(codeBad, `If-Match: give one version, as in "7"`)
	}
	return &version, nil
}

func (a *httpAnswer) add(key string) error {
	by, err := strconv.ParseInt(a.query.Get("add"), 10, 64)
	if err != nil {
		return errorf(codeBad, "add: give an integer, as in ?add=1")
	}
	item, err := a.store().Add(key, by)
	if err == nil {
		err = a.durable()
	}
	if err != nil {
		return err
	}
	a.w.Header().Set("ETag", etag(item.Version))
	a.sendItem(item)
	return nil
}

func (a *httpAnswer) delete(key string) error {
	if key == "" {
		return store.ErrKey
	}
	want, err := a.ifMatch()
	if err != nil {
		return err
	}
	there, err := a.store().Delete(key, want)
	if err == nil {
		err = a.durable()
	}
	switch {
	case err != nil:
		return err
	case !there:
		return errorf(codeNotFound, "the key does not exist")
	}
	a.send(http.StatusNoContent, "", nil)
	return nil
}

func (a *httpAnswer) list() error {
	limit := maxList
	if a.query.Has("limit") {
		n, err := strconv.Atoi(a.query.Get("limit"))
		if err != nil || n <= 0 {
			return errorf(codeBad, "limit: give a number of keys, at most %d", maxList)
		}
		limit = min(n, maxList)
	}
	infos, more := a.store().List(a.query.Get("prefix"), a.query.Get("after"), limit)
	if err := a.durable(); err != nil {
		return err
	}
	var out answers
	out.list(0, infos, more)
	a.send(http.StatusOK, typeJSON, out.buf)
	return nil
}
