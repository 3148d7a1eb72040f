// SPDX-License-Identifier: EUPL-1.2

package files

import (
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxName is the longest name, in characters; the extension is kept.
const maxName = 120

// CleanName is a name as it is kept and given back: the last element of what any system calls a
// path, composed (macOS sends letters and accents apart), without what cannot be printed
// (direction marks make "fdp.exe" of "exe.pdf"), without what Windows refuses in a name.
func CleanName(given string) string {
	name := norm.NFC.String(strings.ToValidUTF8(given, ""))
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		case strings.ContainsRune(`<>:"|?*`, r):
			return '-'
		}
		return r
	}, name)
	name = strings.Trim(strings.Join(strings.Fields(name), " "), ". ")
	if name == "" {
		return "fichier"
	}
	name = shorten(name)
	if stem, _, _ := strings.Cut(name, "."); slices.Contains(reserved, strings.ToUpper(strings.TrimSpace(stem))) {
		name = "_" + name
	}
	return name
}

// reserved are names of devices, which Windows opens in place of a file whatever the extension.
var reserved = []string{"CON", "PRN", "AUX", "NUL", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9",
	"LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9"}

// shorten keeps the extension.
func shorten(name string) string {
	if utf8.RuneCountInString(name) <= maxName {
		return name
	}
	ext := filepath.Ext(name)
	if len(ext) > 12 {
		ext = ""
	}
	stem := []rune(strings.TrimSuffix(name, ext))
	return strings.TrimRight(string(stem[:maxName-1-utf8.RuneCountInString(ext)]), ". ") + "…" + ext
}

// extOf is the extension of a clean name, lower case, without its dot.
func extOf(name string) string {
	return strings.ToLower(strings.TrimPrefix(filepath.Ext(name), "."))
}
