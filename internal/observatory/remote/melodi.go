// SPDX-License-Identifier: EUPL-1.2

package remote

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// answer is a page of the Melodi service, of which only what makes rows is read.
type answer struct {
	Identifier   string         `json:"identifier"`
	Observations *[]observation `json:"observations"` // nil: this is no page of data
	Paging       struct {
		Next   string `json:"next"`
		IsLast *bool  `json:"isLast"`
		Count  int64  `json:"count"` // of all pages, when totalCount was asked
	} `json:"paging"`
}

type observation struct {
	Dimensions map[string]any `json:"dimensions"`
	Attributes map[string]any `json:"attributes"`
	Measures   map[string]struct {
		Value *float64 `json:"value"` // nil: not published
	} `json:"measures"` // OBS_VALUE_NIVEAU most of the time
}

// more says that other pages follow.
func (a *answer) more() bool {
	if len(*a.Observations) == 0 {
		return false // asked for beyond the end, the service still names a next page
	}
	if a.Paging.IsLast != nil {
		return !*a.Paging.IsLast
	}
	return a.Paging.Next != ""
}

var errNoPage = errors.New("not a page of observations")

func readAnswer(path string) (*answer, error) {
	file, err := os.Open(path) // #nosec G304 -- in our own folder, or given by the caller
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // only read
	var a answer
	in := json.NewDecoder(file)
	if err := in.Decode(&a); err != nil {
		return nil, err
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) || a.Observations == nil {
		return nil, errNoPage
	}
	return &a, nil
}

// query asks for the département and for all its communes, page after page, and makes one
// CSV file of the answers. Pages already here are not asked for again.
func (c *Client) query(ctx context.Context, f *File, departement string, say Progress) (unchanged bool, err error) {
	if info, err := os.Stat(f.Path); err == nil && c.now().Sub(info.ModTime()) < c.fresh && f.check(f.Path) == nil {
		return true, nil
	}
	dir := f.Path + ".pages"
	if info, err := os.Stat(dir); err == nil && c.now().Sub(info.ModTime()) >= c.fresh {
		_ = os.RemoveAll(dir) // what is left of it is asked for again
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return false, fmt.Errorf("remote: %w", err)
	}
	var pages []string
	for i, place := range []string{"DEP-" + departement, "DEP-" + departement + "*COM"} {
		found, err := c.placePages(ctx, f, place, filepath.Join(dir, strconv.Itoa(i)), say)
		if err != nil {
			return false, err
		}
		pages = append(pages, found...)
	}
	say("Mise en tableau de "+f.Name, 0, 0)
	part := f.Path + ".part"
	if err := writeObservations(ctx, pages, part); err != nil {
		_ = os.Remove(part)
		if errors.Is(err, errEmpty) {
			_ = os.RemoveAll(dir)
			return false, refuse("le service %s n'a aucune observation de %s pour le département %s : vérifiez son code", f.Dataset.Host(), f.Dataset.Code, departement)
		}
		return false, err
	}
	if err := f.check(part); err != nil {
		_ = os.RemoveAll(dir)
		_ = os.Remove(part)
		return false, err
	}
	if err := os.Rename(part, f.Path); err != nil {
		return false, fmt.Errorf("remote: %w", err)
	}
	return false, os.RemoveAll(dir)
}

// placePages brings every page about a place, and says where they are.
func (c *Client) placePages(ctx context.Context, f *File, place, prefix string, say Progress) ([]string, error) {
	var pages []string
	var done, total int64
	address := strings.ReplaceAll(f.Dataset.Query, placeOf, url.QueryEscape(place))
	for n := 1; n <= c.pages; n++ {
		path := prefix + "-" + strconv.Itoa(n) + ".json"
		step := "Observations de " + place
		if a, err := readAnswer(path); err != nil || a == nil {
			if _, err := c.get(ctx, transfer{set: &f.Dataset, to: path, limit: c.leaf, step: step,
				address: address + "&page=" + strconv.Itoa(n) + "&maxResult=" + strconv.Itoa(c.page) + "&totalCount=true",
				check:   f.checkPage}, func(string, int64, int64) { say(step, done, total) }); err != nil {
				return nil, err
			}
		}
		a, err := readAnswer(path)
		if err != nil {
			return nil, f.cut(err)
		}
		pages = append(pages, path)
		done, total = done+int64(len(*a.Observations)), max(total, a.Paging.Count)
		say(step, done, total)
		if !a.more() {
			if total > 0 && done != total {
				_ = os.RemoveAll(filepath.Dir(path))
				return nil, refuse("le service %s annonce %d observations pour %s et en a envoyé %d : recommencez, rien n'est gardé", f.Dataset.Host(), total, place, done)
			}
			return pages, nil
		}
	}
	return nil, refuse("le service %s envoie plus de %d pages pour %s, bien plus qu'un département : rien n'est gardé", f.Dataset.Host(), c.pages, place)
}

// checkPage makes sure that a page is whole and holds observations.
func (f *File) checkPage(path string) error {
	_, err := readAnswer(path)
	if err == nil {
		return nil
	}
	file, openErr := os.Open(path) // #nosec G304 -- in our own folder
	if openErr != nil {
		return fmt.Errorf("remote: %w", openErr)
	}
	defer func() { _ = file.Close() }() // only read
	head, _ := io.ReadAll(io.LimitReader(file, 4<<10))
	switch text := strings.TrimSpace(string(head)); {
	case strings.HasPrefix(text, "<"):
		return isPage(f.Dataset.Host())
	case errors.Is(err, errNoPage):
		return refuse("le service %s a répondu par un message au lieu d'observations de %s%s ; %s", f.Dataset.Host(), f.Dataset.Code, said(head), byHand)
	}
	return f.cut(err)
}

var errEmpty = errors.New("no observation")

// Melodi's own names of the columns that every table has.
const (
	geoColumn    = "GEO"
	timeColumn   = "TIME_PERIOD"
	valueColumn  = "OBS_VALUE"
	levelMeasure = "OBS_VALUE_NIVEAU"
)

// writeObservations makes one table of several pages, as Melodi's own files are: the place,
// the period, the dimensions, the attributes, then the value.
func writeObservations(ctx context.Context, pages []string, to string) error {
	header, measure, err := columnsOf(pages)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) // #nosec G304 -- in our own folder
	if err != nil {
		return fmt.Errorf("remote: %w", err)
	}
	out := csv.NewWriter(file)
	out.Comma = ';'
	err = out.Write(append(slices.Clone(header), valueColumn))
	for _, path := range pages {
		if err == nil {
			err = context.Cause(ctx)
		}
		if err == nil {
			err = writePage(out, path, header, measure)
		}
	}
	out.Flush()
	return errors.Join(err, out.Error(), file.Sync(), file.Close())
}

func writePage(out *csv.Writer, path string, header []string, measure string) error {
	a, err := readAnswer(path)
	if err != nil {
		return fmt.Errorf("remote: %w", err)
	}
	row := make([]string, len(header)+1)
	for _, o := range *a.Observations {
		for i, name := range header {
			v, ok := o.Dimensions[name]
			if !ok {
				v = o.Attributes[name]
			}
			row[i] = textOf(v)
		}
		row[len(header)] = ""
		if v := o.Measures[measure].Value; v != nil {
			row[len(header)] = strconv.FormatFloat(*v, 'f', -1, 64)
		}
		if err := out.Write(row); err != nil {
			return fmt.Errorf("remote: %w", err)
		}
	}
	return nil
}

// columnsOf lists the dimensions and attributes of all pages, and their one measure.
func columnsOf(pages []string) (header []string, measure string, err error) {
	dimensions, attributes, measures := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, path := range pages {
		a, err := readAnswer(path)
		if err != nil {
			return nil, "", fmt.Errorf("remote: %w", err)
		}
		for _, o := range *a.Observations {
			for name := range o.Dimensions {
				dimensions[name] = true
			}
			for name := range o.Attributes {
				attributes[name] = true
			}
			for name := range o.Measures {
				measures[name] = true
			}
		}
	}
	switch {
	case len(dimensions) == 0:
		return nil, "", errEmpty
	case len(measures) > 1:
		return nil, "", refuse("les observations donnent plusieurs mesures à la fois (%s), ce que Maillage ne sait pas lire : choisissez-en une à la source",
			strings.Join(slices.Sorted(maps.Keys(measures)), ", "))
	}
	measure = levelMeasure
	for name := range measures {
		measure = name
	}
	for _, first := range []string{geoColumn, timeColumn} {
		if dimensions[first] {
			header = append(header, first)
			delete(dimensions, first)
		}
	}
	header = append(header, slices.Sorted(maps.Keys(dimensions))...)
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if !slices.Contains(header, name) {
			header = append(header, name)
		}
	}
	return header, measure, nil
}

// textOf is a code as a cell; what is no code leaves the cell empty.
func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}
