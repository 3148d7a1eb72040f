// SPDX-License-Identifier: EUPL-1.2

package files

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
)

// Bounds on what is read of a document: its table of contents, and the few parts that say what it
// is. Nothing else is decompressed, so that a bomb stays closed.
const (
	maxDirectory = 4 << 20
	maxEntries   = 20_000
	maxPart      = 1 << 20
)

// errPart is a document whose parts are not what they should be.
var errPart = errors.New("unreadable part")

// openArchive reads the table of contents of a document. It is strict where readers of archives
// differ, since two that differ see two documents: nothing before the first part, nothing after
// the last record, no comment, no name twice.
func openArchive(c content) (*zip.Reader, error) {
	if err := checkDirectory(c); err != nil {
		return nil, err
	}
	z, err := zip.NewReader(c, c.size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, unlike("il est incomplet ou abîmé")
	}
	seen := map[string]bool{}
	for _, f := range z.File {
		name := strings.ToLower(f.Name)
		switch {
		case f.Flags&1 != 0:
			return nil, unlike("il est protégé par un mot de passe")
		case seen[name] || strings.ContainsAny(f.Name, "\\\x00") || strings.HasPrefix(f.Name, "/") || strings.Contains("/"+f.Name+"/", "/../"):
			return nil, unlike("ses parties portent des noms trompeurs")
		}
		seen[name] = true
	}
	return z, nil
}

// checkDirectory walks the table of contents, so that archive/zip reads nothing more than what
// has been bounded here.
func checkDirectory(c content) error {
	const endLen, entryLen = 22, 46
	broken := unlike("il est incomplet ou abîmé")
	if !bytes.HasPrefix(c.head, []byte("PK\x03\x04")) {
		return unlike("")
	}
	if c.size < endLen {
		return broken
	}
	end := make([]byte, endLen)
	if _, err := c.ReadAt(end, c.size-endLen); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	count, size, offset := int(binary.LittleEndian.Uint16(end[10:])), int64(binary.LittleEndian.Uint32(end[12:])), int64(binary.LittleEndian.Uint32(end[16:]))
	if string(end[:4]) != "PK\x05\x06" || end[20] != 0 || end[21] != 0 || count > maxEntries || size > maxDirectory || offset+size != c.size-endLen {
		return broken
	}
	directory := make([]byte, size)
	if _, err := c.ReadAt(directory, offset); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	for ; count > 0; count-- {
		if len(directory) < entryLen || string(directory[:4]) != "PK\x01\x02" {
			return broken
		}
		n := entryLen + int(binary.LittleEndian.Uint16(directory[28:])) + int(binary.LittleEndian.Uint16(directory[30:])) + int(binary.LittleEndian.Uint16(directory[32:]))
		if len(directory) < n {
			return broken
		}
		directory = directory[n:]
	}
	if len(directory) != 0 {
		return broken
	}
	return nil
}

// readPart reads a part of a document, no larger than maxPart.
func readPart(z *zip.Reader, name string) ([]byte, error) {
	for _, f := range z.File {
		if f.Name != name {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil, errors.Join(errPart, err)
		}
		defer func() { _ = r.Close() }() // only read
		text, err := io.ReadAll(io.LimitReader(r, maxPart+1))
		if err != nil || len(text) > maxPart {
			return nil, errors.Join(errPart, err)
		}
		return text, nil
	}
	return nil, errPart
}

// checkODF: the first part is "mimetype", stored as it is (OpenDocument 1.3, part 2, § 3.3).
func checkODF(c content, k kind) (string, error) {
	z, err := openArchive(c)
	if err != nil {
		return "", err
	}
	if len(z.File) == 0 || z.File[0].Name != "mimetype" || z.File[0].Method != zip.Store {
		return "", unlike("il a le contenu d'une archive ou d'un autre document de bureautique")
	}
	media, err := readPart(z, "mimetype")
	if err != nil || string(media) != k.media {
		return "", unlike("il a le contenu d'un autre type de document")
	}
	manifest, err := readPart(z, "META-INF/manifest.xml")
	if err != nil {
		return "", unlike("il est incomplet ou abîmé")
	}
	if bytes.Contains(manifest, []byte("encryption-data")) {
		return "", unlike("il est protégé par un mot de passe")
	}
	for _, f := range z.File {
		name := strings.ToLower(f.Name)
		if strings.HasPrefix(name, "basic/") || strings.HasPrefix(name, "scripts/") {
			return "", unlike("il contient des macros, qui peuvent exécuter du code")
		}
	}
	return k.media, nil
}

// checkOOXML: [Content_Types].xml says what the main part is (ECMA-376, part 2, § 7.2.3).
func checkOOXML(c content, k kind) (string, error) {
	if bytes.HasPrefix(c.head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) {
		return "", unlike("il est protégé par un mot de passe, ou d'un format ancien")
	}
	z, err := openArchive(c)
	if err != nil {
		return "", err
	}
	types, err := readPart(z, "[Content_Types].xml")
	if err != nil {
		return "", unlike("il a le contenu d'une archive ou d'un autre document de bureautique")
	}
	low := bytes.ToLower(types)
	for _, f := range z.File {
		name := strings.ToLower(f.Name)
		if strings.Contains(name, "vbaproject") || strings.Contains(name, "/activex/") || strings.Contains(name, "/macrosheets/") {
			return "", unlike("il contient des macros, qui peuvent exécuter du code")
		}
	}
	switch {
	case bytes.Contains(low, []byte("macroenabled")), bytes.Contains(low, []byte("vbaproject")):
		return "", unlike("il contient des macros, qui peuvent exécuter du code")
	case !bytes.Contains(types, []byte(openXML+k.main)):
		return "", unlike("il a le contenu d'un autre type de document")
	}
	return k.media, nil
}
