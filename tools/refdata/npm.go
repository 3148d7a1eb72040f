// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
)

const packageName = "@etalab/decoupage-administratif"

// pinned are the packages used and their npm hashes.
var pinned = []struct{ version, integrity string }{
	{"1.1.1", "sha512-2yD0tkK+As9OlImYdFXn9O1ABtMpExpCq0A7/d/HpruMgg7NYymUeNnHN0r8ICWgcKE//3uvMXeQ00xdOwUiZg=="},
	{"2.3.1", "sha512-52zR447e9Csr/HkzmLJIrOTCAuwJNd4O9fay8BRgOQUSbqaKOP6vFpsrj5lKlrH9vA+ii07h1TnChdMFZNgcwg=="},
	{"3.1.1", "sha512-/1yqSlo6Xerdz1MN+rh57hDWcAam18gwSK5u4wFjT1glRUiN/o1A4IQe6pvB9JqGvHv6WbF5X7WyE+yxeMqLig=="},
	{"4.0.0", "sha512-TMGZT4rFaQdkovoAZF5iMNJnxc2To8GXiC4x/N8Z5j6I0j29AeInE2Js86Wy9W2ZnjGFbKkSpmnsbLYwWYAFsw=="},
	{"4.1.0", "sha512-r0lO1qhb/R7golWwfPbkstpN3WeGuROIHoJhExY7251bkc7tjL48wsnh4/cWAQYux1y/EMSTuOEwiMkh0/mK8g=="},
	{"5.3.0", "sha512-I7PP8jiNOKwvBbdhoYPiwMaJ27x6aHwwGj5V0DMTOPu2YG6qyhGty1b0SIkCxpSHlUkASEfybISY4ldkTcYbbw=="},
	{"6.0.0", "sha512-XavYsFlbcM/prKr8hNHPKER94IHw/dsxNM4nxjWMYk6PLFACpEedvn/7wK8Baozm0dCYhWWcf+7bcWpA5pmCaQ=="},
}

// published is one package as it was published.
type published struct {
	version, integrity string
	communes           []communeRow
	epci, ept          []groupingRow // ept is nil before 2023
	departements       []placeRow
	regions            []placeRow
}

type communeRow struct {
	Code         string   `json:"code"`
	Nom          string   `json:"nom"`
	Type         string   `json:"type"`
	Departement  string   `json:"departement"`
	SIREN        string   `json:"siren"`
	ChefLieu     string   `json:"chefLieu"` // of a former commune
	Commune      string   `json:"commune"`  // of a municipal arrondissement
	AnciensCodes []string `json:"anciensCodes"`
	CodesPostaux []string `json:"codesPostaux"`
	Population   *int     `json:"population"`
}

type groupingRow struct {
	Code    string      `json:"code"`
	Nom     string      `json:"nom"`
	Type    string      `json:"type"`
	Membres []memberRow `json:"membres"`
}

type memberRow struct {
	Code                 string `json:"code"`
	SIREN                string `json:"siren"`
	PopulationTotale     *int   `json:"populationTotale"`
	PopulationMunicipale *int   `json:"populationMunicipale"`
}

type placeRow struct {
	Code   string `json:"code"`
	Nom    string `json:"nom"`
	Region string `json:"region"`
	Zone   string `json:"zone"`
}

// fetchAll gets every pinned package, into dir or into a folder removed at the end.
func fetchAll(ctx context.Context, dir string, log io.Writer) (map[string]*published, error) {
	if dir == "" {
		tmp, err := os.MkdirTemp("", "refdata-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(tmp) //nolint:errcheck // a temporary folder
		dir = tmp
	}
	all := make(map[string]*published)
	for i, p := range pinned {
		fmt.Fprintf(log, "%d/%d %s@%s\n", i+1, len(pinned), packageName, p.version)
		archive, err := fetch(ctx, dir, p.version)
		if err != nil {
			return nil, err
		}
		sum := sha512.Sum512(archive)
		if got := "sha512-" + base64.StdEncoding.EncodeToString(sum[:]); got != p.integrity {
			return nil, fmt.Errorf("%s@%s : empreinte %s, attendue %s", packageName, p.version, got, p.integrity)
		}
		pub, err := unpack(archive)
		if err != nil {
			return nil, fmt.Errorf("%s@%s : %w", packageName, p.version, err)
		}
		pub.version, pub.integrity = p.version, p.integrity
		all[p.version] = pub
	}
	return all, nil
}

// fetch reads the archive kept in dir, or asks npm for it.
func fetch(ctx context.Context, dir, version string) ([]byte, error) {
	file := filepath.Join(dir, "etalab-decoupage-administratif-"+version+".tgz")
	archive, err := os.ReadFile(file) //nolint:gosec // the folder is the developer's own argument
	if err == nil || !errors.Is(err, os.ErrNotExist) {
		return archive, err
	}
	cmd := exec.CommandContext(ctx, "npm", "pack", packageName+"@"+version, "--pack-destination", dir, "--silent") //nolint:gosec // versions are constants
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("npm pack %s@%s : %w\n%s", packageName, version, err, out)
	}
	return os.ReadFile(file) //nolint:gosec // as above
}

// unpack reads the JSON files of an npm archive.
func unpack(archive []byte) (*published, error) {
	zr, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, err
	}
	p := &published{}
	wanted := map[string]any{
		"communes.json": &p.communes, "epci.json": &p.epci, "ept.json": &p.ept,
		"departements.json": &p.departements, "regions.json": &p.regions,
	}
	for tr := tar.NewReader(zr); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if into := wanted[path.Base(h.Name)]; into != nil {
			if err := json.NewDecoder(tr).Decode(into); err != nil {
				return nil, fmt.Errorf("%s : %w", h.Name, err)
			}
		}
	}
	if len(p.communes) == 0 || len(p.epci) == 0 || len(p.departements) == 0 || len(p.regions) == 0 {
		return nil, errors.New("il manque communes.json, epci.json, departements.json ou regions.json")
	}
	return p, nil
}
