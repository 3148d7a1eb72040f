// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"net/http"
	"strings"
)

// device says in words what browser sends req, for the list of one's sessions. It keeps
// nothing finer: a User-Agent tells more than is needed.
func device(req *http.Request) string {
	ua := req.UserAgent()
	first := func(pairs ...[2]string) string {
		for _, p := range pairs {
			if strings.Contains(ua, p[0]) {
				return p[1]
			}
		}
		return ""
	}
	browser := first([2]string{"Firefox/", "Firefox"}, [2]string{"Edg/", "Edge"}, [2]string{"OPR/", "Opera"},
		[2]string{"Chrome/", "Chrome"}, [2]string{"Safari/", "Safari"})
	system := first([2]string{"Android", "Android"}, [2]string{"iPhone", "iPhone"}, [2]string{"iPad", "iPad"},
		[2]string{"Windows", "Windows"}, [2]string{"Mac OS", "Mac"}, [2]string{"CrOS", "ChromeOS"}, [2]string{"Linux", "Linux"})
	switch {
	case browser == "" && system == "":
		return "Appareil inconnu"
	case browser == "":
		return system
	case system == "":
		return browser
	}
	return browser + " sur " + system
}
