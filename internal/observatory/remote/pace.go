// SPDX-License-Identifier: EUPL-1.2

package remote

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// pace keeps the requests to each server under the number a minute that it accepts.
type pace struct {
	mu    sync.Mutex
	asked map[string][]time.Time // by host, the requests of the last minute
}

// turn books the next request and says how long to wait before making it.
func (p *pace) turn(s server, now time.Time) time.Duration {
	if s.PerMinute <= 0 {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked == nil {
		p.asked = map[string][]time.Time{}
	}
	last := p.asked[s.Host]
	for len(last) > 0 && now.Sub(last[0]) >= time.Minute {
		last = last[1:]
	}
	at := now
	if len(last) >= s.PerMinute {
		at = last[len(last)-s.PerMinute].Add(time.Minute)
	}
	p.asked[s.Host] = append(last, at)
	return at.Sub(now)
}

// retryAfter reads the header of this name: seconds, or a date; 0 when it says nothing.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.Atoi(text); err == nil && n >= 0 && n < 1<<31 {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}

// sleep waits, or returns why the caller gave up.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
