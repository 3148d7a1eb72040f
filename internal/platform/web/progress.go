// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"net/http"

	"maillage/internal/platform/french"
)

// Progress is how far a long task is.
type Progress struct {
	Title      string
	Done       int64  // in the task's unit
	Total      int64  // 0: unknown
	Message    string // what is being done: "Lecture des lignes : 12 000 sur 40 000"
	Finished   bool   // then the page goes to Next
	Failed     string // French message; the task is over
	Next       string // local path of the result, or of the place to start again
	CancelPath string // POST there stops the task; empty: it cannot be stopped
}

type progressPage struct {
	Page
	Progress Progress
}

// Percent is 0 to 100, for the text beside the bar.
func (p Progress) Percent() string {
	if p.Total <= 0 {
		return ""
	}
	return french.Percent(100*float64(min(p.Done, p.Total))/float64(p.Total), 0)
}

// Running says that the task is neither finished nor failed.
func (p Progress) Running() bool { return !p.Finished && p.Failed == "" }

var progressTemplate = NewTemplate[progressPage](ownTemplates, "templates/progress.html")

// ProgressPage shows a task that takes more than a second: without script the page asks
// again every two seconds, with it only the figures change. When the task is finished it
// leads to its result (303).
func ProgressPage(status func(r *http.Request) (Progress, error)) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, err := status(r)
		if err != nil {
			return err
		}
		if p.Finished {
			return Redirect(w, r, p.Next)
		}
		w.Header().Set("Cache-Control", "no-store")
		page := progressPage{Progress: p, Page: Page{Title: p.Title, Robots: "noindex", Scripts: []string{"progress.js"}}}
		return progressTemplate.Render(w, r, http.StatusOK, page)
	}
}
