// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"github.com/google/uuid"

	"maillage/internal/platform/db"
	"maillage/internal/platform/geo"
	"maillage/internal/platform/jobs"
	"maillage/internal/platform/web"
)

// works are the imports under way in this process, so that they can be stopped.
type works struct {
	mu   sync.Mutex
	byID map[string]work
}

type work struct {
	job  string
	stop context.CancelFunc
}

const (
	contourDesk = "/territoires/contours/gestion"
	workPath    = "/territoires/contours/travaux/"
)

// start runs a job that ends at a local address, and returns where its progress is shown.
func (p *pages) start(title string, run func(context.Context, ContourProgress) (next string, err error)) string {
	id := uuid.NewString()
	stopped := make(chan struct{})
	stop := sync.OnceFunc(func() { close(stopped) })
	job := p.site.Jobs.Start(title, func(ctx context.Context, progress *jobs.Progress) error {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		go func() { // ends with the job, whose context is cancelled above
			select {
			case <-stopped:
				cancel(errStopped)
			case <-ctx.Done():
			}
		}()
		next, err := run(ctx, teller(progress))
		if err != nil && context.Cause(ctx) != nil {
			err = context.Cause(ctx)
		}
		progress.Result(next)
		return forPeople(err)
	})
	p.work.mu.Lock()
	defer p.work.mu.Unlock()
	if p.work.byID == nil {
		p.work.byID = map[string]work{}
	}
	for k, w := range p.work.byID {
		if _, known := p.site.Jobs.Get(w.job); !known {
			delete(p.work.byID, k)
		}
	}
	p.work.byID[id] = work{job, stop}
	return workPath + id
}

var errStopped = errors.New("l'import a été arrêté à votre demande ; rien n'a été enregistré")

// teller passes on progress, whose steps may announce their total late.
func teller(p *jobs.Progress) ContourProgress {
	var step string
	var done, total int64
	return func(s string, d, t int64) {
		if s != step || t != total || d < done {
			step, done, total = s, 0, t
			p.Step(s, t)
		}
		p.Add(d - done)
		done = d
	}
}

// forPeople keeps what a person can act upon; the rest goes to the log.
func forPeople(err error) error {
	if err == nil {
		return nil
	}
	for _, known := range []error{ErrContours, ErrOfficial, errStopped, geo.ErrFormat, geo.ErrCRS, geo.ErrAxisOrder, geo.ErrTooBig, geo.ErrNoLayer,
		db.ErrFull, db.ErrBusy} {
		if errors.Is(err, known) {
			return err
		}
	}
	var several *geo.SeveralLayersError
	switch {
	case errors.As(err, &several):
		return unusable("%s. Reprenez l'import en donnant le nom de la couche", strings.TrimSuffix(err.Error(), "."))
	case errors.Is(err, context.Canceled):
		return errors.New("le service s'est arrêté pendant l'import ; rien n'a été enregistré, recommencez")
	}
	slog.Error("contour import", "err", err.Error())
	return errors.New("l'import a échoué à cause d'un défaut du service ; rien n'a été enregistré. " +
		"L'administrateur en trouvera la raison dans le journal")
}

// find is the job of an address.
func (p *pages) findWork(req *http.Request) (work, jobs.Status, error) {
	p.work.mu.Lock()
	w, ok := p.work.byID[req.PathValue("work")]
	p.work.mu.Unlock()
	if ok {
		if s, ok := p.site.Jobs.Get(w.job); ok {
			return w, s, nil
		}
	}
	return work{}, jobs.Status{}, web.NotFound("Cet import est terminé depuis longtemps, ou le service a redémarré. Son résultat, s'il en a un, est dans la gestion des contours : " + contourDesk + ".")
}

func (p *pages) workStatus(req *http.Request) (web.Progress, error) {
	_, s, err := p.findWork(req)
	if err != nil {
		return web.Progress{}, err
	}
	out := web.Progress{Title: s.Title, Done: s.Done, Total: s.Total, Message: s.Step, Next: cmp.Or(s.Result, contourDesk)}
	switch s.State {
	case jobs.Running:
		out.CancelPath = workPath + req.PathValue("work") + "/arret"
	case jobs.Done:
		out.Finished = true
	case jobs.Failed:
		out.Failed, out.Next = sentence(s.Err.Error()), contourDesk
	}
	return out, nil
}

// sentence gives a message its full stop, and its capital unless it begins with a file's name.
func sentence(s string) string {
	if first, _, _ := strings.Cut(s, " "); !strings.Contains(first, ".") {
		s = capital(s)
	}
	if strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}

func (p *pages) stopWork(w http.ResponseWriter, req *http.Request) error {
	found, _, err := p.findWork(req)
	if err != nil {
		return err
	}
	found.stop()
	return web.Redirect(w, req, workPath+req.PathValue("work"))
}
