package place

import (
	"io"
	"net/http"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

func (a *httpAnswer) place() error {
	wait, err := a.duration("wait", maxWait)
	if err != nil {
		return err
	}
	not := a.query.Get("not")
	if wait > 0 && not == "" {
		return errorf(codeBad, "not: give the state that you know")
	}
	var p Place
	if _, err := a.wait(wait, nil, func() (bool, <-chan struct{}) {
		var changed <-chan struct{}
		p, changed = a.ses.of.Place(a.ses.gen)
		return p.State != not, changed
	}); err != nil {
		return err
	}
	var out answers
	out.begin(0).number("generation", uint64(a.ses.gen)).place(p).end()
	a.send(http.StatusOK, typeJSON, out.buf)
	return nil
}

func (a *httpAnswer) ready() error {
	a.ses.sayReady()
	a.send(http.StatusNoContent, "", nil)
	return nil
}

func (a *httpAnswer) extend() error {
	by, err := a.duration("by", maxTTL)
	if err != nil || by == 0 {
		return errorf(codeBad, "by: give a time such as 10s")
	}
	a.ses.report(handoff.ExtendTimeout{Gen: a.ses.gen, By: by.Round(time.Millisecond)})
	a.send(http.StatusNoContent, "", nil)
	return nil
}

func (a *httpAnswer) status() error {
	text, err := io.ReadAll(io.LimitReader(a.r.Body, maxStatus+1)) // what is more is cut off
	if err != nil {
		return errorf(codeBad, "the body cannot be read: %v", err)
	}
	a.ses.sayStatus(string(text))
	a.send(http.StatusNoContent, "", nil)
	return nil
}
