// SPDX-License-Identifier: EUPL-1.2

package app

import "runtime/debug"

// release is set by the build of a release.
var release string

// Version is the release, or the commit the program was built from.
func Version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value[:min(12, len(s.Value))]
			}
		}
	}
	return "en développement"
}
