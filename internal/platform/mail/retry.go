// SPDX-License-Identifier: EUPL-1.2

package mail

import (
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// Refusal is the answer of a server that did not take a message. Whatever its code, the message
// was not taken.
type Refusal struct {
	Code      int    // 400 to 599
	Text      string // as the server said it
	Permanent bool   // trying again would not help
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("le serveur de courrier a répondu %d %s", r.Code, r.Text)
}

// ErrUncertain is returned by a [Session] when the line broke between the final dot and the answer:
// the server may have taken the message.
var ErrUncertain = errors.New("la liaison avec le serveur de courrier s'est coupée avant sa réponse : le courriel est peut-être parti")

// errLost is returned by the mark when the lease has passed to another, or when the message was undone.
var errLost = errors.New("le courriel a été repris ou annulé entre-temps")

// maxUncertain is how many times a message is transmitted without knowing the end. A server
// that takes messages and then breaks the line would otherwise send them for days.
const maxUncertain = 3

// outcome is what an attempt leads to.
type outcome struct {
	state     State     // Queued, to try again, or a final one
	due       time.Time // of the next attempt
	uncertain int       // attempts without known end, this one counted
	reason    string
}

// judge decides what follows from an attempt that ended at now with err. first is the instant of
// the first attempt, attempts and uncertain count this one and those before. dice is in [0, 1).
func judge(err error, k Kind, now, first, expires time.Time, attempts, uncertain int, dice float64) outcome {
	if err == nil {
		return outcome{state: Sent, uncertain: uncertain}
	}
	o := outcome{state: Queued, due: now.Add(Backoff(k, attempts, dice)), uncertain: uncertain, reason: err.Error()}
	var r *Refusal
	switch {
	case errors.As(err, &r) && r.Permanent, errors.Is(err, ErrInvalid), errors.Is(err, errTooBig), errors.Is(err, fs.ErrNotExist):
		o.state = Failed
	case errors.Is(err, ErrUncertain) && uncertain >= maxUncertain:
		o.state = GivenUp
		o.reason = fmt.Sprintf("%v (%d fois) : demandez au destinataire s'il l'a reçu", ErrUncertain, uncertain)
	case o.due.Sub(first) > MaxAge:
		o.state, o.reason = GivenUp, fmt.Sprintf("essayé pendant %d jours : %v", int(MaxAge.Hours()/24), err)
	case !expires.IsZero() && !o.due.Before(expires):
		o.state, o.reason = GivenUp, "périmé avant le prochain essai : "+err.Error()
	}
	return o
}

// Backoff is how long to wait after the n-th attempt, n from 1: twice as long each time, from
// one minute to four hours (from ten seconds to one minute for a code somebody waits for), give
// or take a fifth by dice in [0, 1), so that a server that comes back is not taken by storm.
func Backoff(k Kind, n int, dice float64) time.Duration {
	first, most := time.Minute, 4*time.Hour
	if k == Access {
		first, most = 10*time.Second, time.Minute
	}
	wait := first << min(max(n-1, 0), 12)
	wait = min(wait, most)
	return time.Duration(float64(wait) * (0.8 + 0.4*dice))
}
